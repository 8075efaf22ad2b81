import type { ConnectionSnapshot } from '../../src/storage/index.js';
import { row, snapshot, type TestRow } from '../../src/testing/messages.js';

export {
  batch,
  newConnectionId,
  row,
  snapshot,
  TEST_COLLECTOR,
  type TestRow,
} from '../../src/testing/messages.js';

/** Rows with `logs` of `{"n": 0}`, `{"n": 1}` and so on. */
export function numberedRows(count: number, filler = ''): TestRow[] {
  return Array.from({ length: count }, (_, n) => row({ logs: JSON.stringify({ n, filler }) }));
}

/** One that spoke at one moment, and ended then, but for what is given. */
export function endedSnapshot(at: number, given: Partial<ConnectionSnapshot> = {}): ConnectionSnapshot {
  return snapshot({
    createdAt: at,
    firstMessageAt: at,
    lastMessageAt: at,
    oldestCreatedAt: at,
    newestCreatedAt: at,
    endedAt: at,
    endReason: 'closed',
    ...given,
  });
}
