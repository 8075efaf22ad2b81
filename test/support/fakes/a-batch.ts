import type { Batch } from '../../../src/telemetry/index.js';
import { TEST_COLLECTOR } from '../batches.js';

/** A batch with a row of so many bytes: not a tuple, which nothing looks into here. */
export function aBatch(id: string, bytes = 100): Batch {
  return {
    id,
    collector: TEST_COLLECTOR,
    firstReceivedAt: 1_764_000_000_000,
    sealedAt: 1_764_000_000_100,
    expiring: { rows: 1, tuples: Buffer.alloc(bytes, `${id}\n`), oldest: 1, newest: 2 },
    audit: { rows: 0, tuples: Buffer.alloc(0), oldest: 0, newest: 0 },
    connections: [],
    rejected: [],
  };
}
