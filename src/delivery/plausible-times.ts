import {
  CLOCK_AHEAD_MS,
  CLOCK_OFF_MS,
  type MessageTimes,
  retimeTuples,
  tupleTimes,
} from '../storage/index.js';
import type { Batch, RowBlock } from '../telemetry/index.js';

/** What is known of the time at which this process took a batch in: milliseconds, by the database's clock. */
export interface OwnTimes {
  now: number;
  /** When this process began. */
  startedAt: number;
  /** How long messages of `/` are kept. */
  expiryMs: number;
}

/** Before the first server of this kind: a clock that said less was wrong. */
export const FIRST_SERVER_MS = Date.UTC(2025, 0, 1);

/**
 * A batch that another process took in, of which it is not known when. What was stamped before the first server of this
 * kind, as by a board without a clock of its own, is dated now: it would expire at once.
 *
 * @param now milliseconds, by the database's clock
 * @returns the same batch where there is no such message
 */
export function withoutImpossibleTimes(batch: Batch, now: number): { batch: Batch; moved: number } {
  return redated(batch, (receivedAt) => receivedAt >= FIRST_SERVER_MS, now);
}

/**
 * A batch of this process that was stamped by a clock which was wrong, as a board without a clock of its own has after
 * its start until it is set: its database may be on the same board. A message that arrived before this process began,
 * and would expire at once, or that arrives tomorrow, is dated now; where the node has dated it, that stays.
 *
 * @returns the same batch where there is no such message
 */
export function withPlausibleTimes(batch: Batch, own: OwnTimes): { batch: Batch; moved: number } {
  return redated(batch, plausibility(own), own.now);
}

function redated(
  batch: Batch,
  isPlausible: (receivedAt: number) => boolean,
  now: number,
): { batch: Batch; moved: number } {
  const hasWrongConnection = batch.connections.some(({ lastMessageAt }) => !isPlausible(lastMessageAt));
  if (!hasWrongConnection && isPlausible(batch.firstReceivedAt) && isPlausible(newestOf(batch))) {
    return { batch, moved: 0 };
  }
  const [expiring, audit] = [batch.expiring, batch.audit].map((block) => moveRows(block, isPlausible, now));
  if (expiring === undefined || audit === undefined) return { batch, moved: 0 };
  return {
    batch: {
      ...batch,
      firstReceivedAt: isPlausible(batch.firstReceivedAt) ? batch.firstReceivedAt : now,
      expiring: expiring.block,
      audit: audit.block,
      rejected: batch.rejected.map((message) =>
        isPlausible(message.receivedAt) ? message : { ...message, receivedAt: now },
      ),
      // A question for the messages of a connection looks no further than its row says.
      connections: batch.connections.map((connection) => ({
        ...connection,
        newestCreatedAt: Math.max(connection.newestCreatedAt, now),
      })),
    },
    moved: expiring.moved + audit.moved + batch.rejected.filter((one) => !isPlausible(one.receivedAt)).length,
  };
}

/** A message that is dated by its node may be a day ahead, and not more. */
function newestOf({ expiring, audit, firstReceivedAt }: Batch): number {
  const newest = [expiring, audit].map((block) => (block.rows === 0 ? -Infinity : block.newest));
  return Math.max(firstReceivedAt, ...newest.map((at) => at - CLOCK_AHEAD_MS));
}

function plausibility({ now, startedAt, expiryMs }: OwnTimes): (receivedAt: number) => boolean {
  // A machine that was suspended seems to have begun later than it has: what has not expired stays as it is.
  const from = Math.min(startedAt - CLOCK_OFF_MS, now - expiryMs);
  const to = now + CLOCK_OFF_MS;
  return (receivedAt) => receivedAt >= from && receivedAt <= to;
}

function moveRows(
  block: RowBlock,
  isPlausible: (receivedAt: number) => boolean,
  now: number,
): { block: RowBlock; moved: number } {
  const at = now * 1000;
  const move = ({ createdAt, receivedAt }: MessageTimes): MessageTimes | undefined => {
    if (isPlausible(receivedAt / 1000)) return undefined;
    return { receivedAt: at, createdAt: createdAt === receivedAt ? at : createdAt };
  };
  const { tuples, changed } = retimeTuples(block.tuples, move);
  if (changed === 0) return { block, moved: 0 };
  let [oldest, newest] = [Infinity, -Infinity];
  for (const { createdAt } of tupleTimes(tuples)) {
    oldest = Math.min(oldest, createdAt);
    newest = Math.max(newest, createdAt);
  }
  const bounds = { oldest: Math.floor(oldest / 1000), newest: Math.floor(newest / 1000) };
  return { block: { ...block, ...bounds, tuples }, moved: changed };
}
