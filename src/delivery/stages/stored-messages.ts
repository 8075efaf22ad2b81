import {
  type MessageRow,
  OTHER_TYPE,
  readTuple,
  renumbered,
  splitTuples,
  typesOf,
} from '../../storage/index.js';
import type { Batch, RejectedMessage } from '../../telemetry/index.js';
import type { KnownNodes } from './known-nodes.js';
import { StoredMessage } from './stored-message.js';

/** A batch that is stored, but for what the database refused. */
export interface StoredBatch {
  batch: Batch;
  refused: readonly RejectedMessage[];
  /** The number of its collector by which nodes are known here, where it is stored by another one. */
  expectedBy?: number;
}

/** The messages of a batch that are stored, and of the types that are wanted. */
export function storedMessages(
  { batch, refused, expectedBy = batch.collector.number }: StoredBatch,
  nodes: KnownNodes,
  types?: ReadonlySet<string>,
): StoredMessage[] {
  const messages: StoredMessage[] = [];
  const numbers = types === undefined ? undefined : new Set(typesOf(types).numbers);
  for (const [audit, block] of [
    [false, batch.expiring],
    [true, batch.audit],
  ] as const) {
    for (const tuple of splitTuples(block.tuples)) {
      const row = readTuple(tuple);
      if (numbers?.has(row.type) === false) continue;
      const message = new StoredMessage(
        row,
        batch.id,
        audit,
        nodes.get(renumbered(row.connectionId, expectedBy)),
      );
      // Types without a number of their own share one.
      if (row.type === OTHER_TYPE && types !== undefined && !types.has(message.msg ?? '')) continue;
      if (!isRefused(row, audit, refused)) messages.push(message);
    }
  }
  return messages;
}

/** The database says of what it refused whose it was, how long, and how it began. */
function isRefused(
  { connectionId, logs }: MessageRow,
  audit: boolean,
  refused: readonly RejectedMessage[],
): boolean {
  return refused.some(
    (message) =>
      message.connectionId === connectionId &&
      (message.path === '/audit') === audit &&
      message.size === logs.length &&
      message.head.equals(logs.subarray(0, message.head.length)),
  );
}
