import { type Batch, parseRowHead, type RejectedMessage, splitRows } from '../../telemetry/index.js';
import type { KnownNodes } from './known-nodes.js';
import { StoredMessage } from './stored-message.js';

/** A batch that is stored, but for what the database refused. */
export interface StoredBatch {
  batch: Batch;
  refused: readonly RejectedMessage[];
}

/** The messages of a batch that are stored, and of the types that are wanted. */
export function storedMessages(
  { batch, refused }: StoredBatch,
  nodes: KnownNodes,
  types?: ReadonlySet<string>,
): StoredMessage[] {
  const messages: StoredMessage[] = [];
  for (const [audit, block] of [
    [false, batch.expiring],
    [true, batch.audit],
  ] as const) {
    for (const line of splitRows(block.text)) {
      const { peerConnectionId: id, msg } = parseRowHead(line);
      if (types !== undefined && (msg === null || !types.has(msg))) continue;
      const message = new StoredMessage(line, batch.id, audit, msg, id, nodes.get(id));
      if (!isRefused(message, refused)) messages.push(message);
    }
  }
  return messages;
}

/** The database says of what it refused whose it was, how long, and how it began. */
function isRefused(message: StoredMessage, refused: readonly RejectedMessage[]): boolean {
  if (refused.length === 0) return false;
  const logs = Buffer.from(message.logs);
  return refused.some(
    ({ connectionId, size, head, path }) =>
      connectionId === message.connectionId &&
      (path === '/audit') === message.audit &&
      size === logs.length &&
      head.equals(logs.subarray(0, head.length)),
  );
}
