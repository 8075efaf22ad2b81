import {
  CLOCK_AHEAD_MS,
  CLOCK_OFF_MS,
  type MessageTimes,
  restampTuples,
  tupleTimes,
} from '../storage/index.js';
import type { Batch, RowBlock } from '../telemetry/index.js';

/** Bounds of the time at which this process received a batch: milliseconds, by the database's clock. */
interface OwnTimes {
  now: number;
  /** The start of this process. */
  startedAt: number;
  /** LOG_EXPIRY_H. */
  expiryMs: number;
}

/** Before the first version of this server: an earlier time is wrong. */
const FIRST_SERVER_MS = Date.UTC(2025, 0, 1);

/**
 * For a batch of another process, whose time is not known: messages from before {@link FIRST_SERVER_MS}, as by a board
 * without a hardware clock, get the current time. Otherwise they would expire at once.
 *
 * @param now milliseconds, by the database's clock
 * @returns the same batch if there is no such message
 */
export function withoutImpossibleTimes(batch: Batch, now: number): { batch: Batch; restamped: number } {
  return restamped(batch, (receivedAt) => receivedAt >= FIRST_SERVER_MS, now);
}

/**
 * For a batch of this process: messages with the time of a wrong clock get the current time. A board without a hardware
 * clock has a wrong one until it is set, and so may its database. A time is wrong if it is in the future, or before the
 * start of this process and already expired. Timestamps of nodes stay.
 *
 * @returns the same batch if there is no such message
 */
export function withPlausibleTimes(batch: Batch, own: OwnTimes): { batch: Batch; restamped: number } {
  return restamped(batch, plausibility(own), own.now);
}

function restamped(
  batch: Batch,
  isPlausible: (receivedAt: number) => boolean,
  now: number,
): { batch: Batch; restamped: number } {
  const hasWrongConnection = batch.connections.some(({ lastMessageAt }) => !isPlausible(lastMessageAt));
  if (!hasWrongConnection && isPlausible(batch.firstReceivedAt) && isPlausible(newestOf(batch))) {
    return { batch, restamped: 0 };
  }
  const [expiring, audit] = [batch.expiring, batch.audit].map((block) =>
    restampRows(block, isPlausible, now),
  );
  if (expiring === undefined || audit === undefined) return { batch, restamped: 0 };
  return {
    batch: {
      ...batch,
      firstReceivedAt: isPlausible(batch.firstReceivedAt) ? batch.firstReceivedAt : now,
      expiring: expiring.block,
      audit: audit.block,
      rejected: batch.rejected.map((message) =>
        isPlausible(message.receivedAt) ? message : { ...message, receivedAt: now },
      ),
      // A query for the messages of a connection does not read beyond the times in its row.
      connections: batch.connections.map((connection) => ({
        ...connection,
        newestCreatedAt: Math.max(connection.newestCreatedAt, now),
      })),
    },
    restamped:
      expiring.restamped +
      audit.restamped +
      batch.rejected.filter((one) => !isPlausible(one.receivedAt)).length,
  };
}

/** The timestamp of a node may be a day ahead. */
function newestOf({ expiring, audit, firstReceivedAt }: Batch): number {
  const newest = [expiring, audit].map((block) => (block.rows === 0 ? -Infinity : block.newest));
  return Math.max(firstReceivedAt, ...newest.map((at) => at - CLOCK_AHEAD_MS));
}

function plausibility({ now, startedAt, expiryMs }: OwnTimes): (receivedAt: number) => boolean {
  // After a suspend of the machine startedAt is too late: messages that have not expired keep their time.
  const from = Math.min(startedAt - CLOCK_OFF_MS, now - expiryMs);
  const to = now + CLOCK_OFF_MS;
  return (receivedAt) => receivedAt >= from && receivedAt <= to;
}

function restampRows(
  block: RowBlock,
  isPlausible: (receivedAt: number) => boolean,
  now: number,
): { block: RowBlock; restamped: number } {
  const at = now * 1000;
  const move = ({ createdAt, receivedAt }: MessageTimes): MessageTimes | undefined => {
    if (isPlausible(receivedAt / 1000)) return undefined;
    return { receivedAt: at, createdAt: createdAt === receivedAt ? at : createdAt };
  };
  const { tuples, changed } = restampTuples(block.tuples, move);
  if (changed === 0) return { block, restamped: 0 };
  let [oldest, newest] = [Infinity, -Infinity];
  for (const { createdAt } of tupleTimes(tuples)) {
    oldest = Math.min(oldest, createdAt);
    newest = Math.max(newest, createdAt);
  }
  const bounds = { oldest: Math.floor(oldest / 1000), newest: Math.floor(newest / 1000) };
  return { block: { ...block, ...bounds, tuples }, restamped: changed };
}
