import type { ClientBase } from 'pg';
import { AdvisoryLock, listPartitions, microsecondsOf, timeOf } from '../storage/index.js';
import { CLOSED_AFTER_US, CONTEXT_US, HOUR_US, hourOf, minuteOf, MINUTE_US } from './aggregate/index.js';
import { Memory } from './memory.js';
import {
  lateMessages,
  type RawMessage,
  rangeOfLateMessages,
  receivedMessages,
  type StoredRange,
} from './messages/raw-messages.js';
import { markRangeRebuilt } from './tables/dirty-hours.js';
import { observerGaps } from './tables/gaps.js';
import { continueSpans, endSpansLike, removeSpans, spansBeyond, writeSpans } from './tables/spans.js';
import { writeHardware } from './tables/hardware.js';
import { beginHours, writeEndedHours } from './tables/node-hours.js';
import { restoreWaiting } from './tables/waiting-blocks.js';
import { forgetFinality, removeOthers, writeResults } from './tables/write-results.js';
import { rebuildSummaries } from './tables/write-summaries.js';

/** Messages that are read and written in one transaction. */
const SLICE_US = 10 * MINUTE_US;
/** The last blocks of the range may become final after it. */
const FINAL_WITHIN_US = 10 * MINUTE_US;

export interface RebuildOptions {
  /** Microseconds since the epoch. The hours from that of the first time up to that of the second are rebuilt. */
  from: number;
  to: number;
  /** Gives numbers to nodes that have none. */
  registerNodes: () => Promise<unknown>;
  /** When messages were stored that were stored late: it is faster if that is known. */
  lateStored?: StoredRange;
}

/** Another process rebuilds. */
export class RebuildRunningError extends Error {}

/**
 * Aggregates the messages of whole hours again, and replaces what the tables have of them. It can be stopped after each
 * slice and repeated; what was rebuilt stays.
 *
 * @param client without an open transaction
 * @yields after each slice: minutes before are rebuilt, microseconds since the epoch
 * @throws RebuildRunningError; errors of the database
 */
export async function* rebuild(
  client: ClientBase,
  options: RebuildOptions,
): AsyncGenerator<number, void, undefined> {
  const lock = [AdvisoryLock.InsightRebuild];
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', lock);
  if (rows[0]?.locked !== true) throw new RebuildRunningError('Another process rebuilds statistics.');
  try {
    yield* rebuildHours(client, options);
  } finally {
    // The lock ends with the connection otherwise.
    await client.query('SELECT pg_advisory_unlock($1)', lock).catch(() => undefined);
  }
}

async function* rebuildHours(
  client: ClientBase,
  { registerNodes, lateStored = [null, null], ...range }: RebuildOptions,
): AsyncGenerator<number, void, undefined> {
  const [from, to] = [hourOf(range.from), hourOf(range.to - 1) + HOUR_US];
  const [first, end] = [from - CONTEXT_US, to + FINAL_WITHIN_US + CLOSED_AFTER_US];
  await registerNodes();
  const memory = new Memory();
  memory.aggregation.gaps.are(await observerGaps(client, first, end));
  await beginHours(client, memory.aggregation, from);
  await restoreWaiting(client, memory.aggregation, from);
  const late = await rangeOfLateMessages(client, [timeOf(first), timeOf(end)], lateStored);
  const open = await spansBeyond(client, from, to);
  const startedAt = await nowOf(client);
  let closed = from;
  for (let start = first; start < end; start += SLICE_US) {
    const stop = Math.min(start + SLICE_US, end);
    const times = [timeOf(start), timeOf(stop)] as const;
    await client.query('BEGIN');
    await add(client, memory, receivedMessages(client, times));
    if (late !== undefined && late[0] < stop && late[1] >= start)
      await add(client, memory, lateMessages(client, times, lateStored));
    const next = minuteOf(stop - CLOSED_AFTER_US);
    if (next > closed && closed === from) await continueSpans(client, memory.aggregation, from);
    if (next > closed) {
      await write(client, memory, [closed, next], [from, to]);
      await summarize(client, closed, next, { to, isLast: stop === end });
    }
    if (next >= to && closed < to) {
      await endSpansLike(client, from, to, open);
      if (lateStored[0] === null) await markRangeRebuilt(client, from, to, startedAt);
    }
    await client.query('COMMIT');
    if (next > closed) {
      memory.aggregation.close(next);
      closed = next;
    }
    memory.sources.refresh();
    yield Math.min(closed, to);
  }
}

/** By the database's clock, exact, as text. */
async function nowOf(client: ClientBase): Promise<string> {
  const { rows } = await client.query<{ now: string }>('SELECT now()::text AS now');
  return rows[0]?.now ?? '';
}

/** Messages of nodes that have no number are ignored: they were heard too briefly, too long ago. */
async function add(client: ClientBase, memory: Memory, read: AsyncIterable<RawMessage[]>): Promise<void> {
  for await (const messages of read) {
    await memory.sources.load(client, messages);
    memory.add(messages);
  }
}

/** Writes the minutes of a slice that are in the range; of those after it only the finality of blocks of the range. */
async function write(
  client: ClientBase,
  memory: Memory,
  [from, to]: readonly [number, number],
  [begin, end]: readonly [number, number],
): Promise<void> {
  const within = Math.min(to, end);
  if (within > from) {
    const results = memory.aggregation.results(from, within);
    await forgetFinality(client, from, within, end + FINAL_WITHIN_US);
    await writeResults(client, results, from);
    await removeOthers(client, from, within, results);
    await removeSpans(client, from, within);
    await writeSpans(client, memory.aggregation.closeSpans(from, within, results.blocks));
    memory.aggregation.addToHours(from, within, results);
    await writeEndedHours(client, memory.aggregation, begin, [from, within]);
    await writeHardware(client, memory.aggregation.benchmarks(from, within));
  }
  if (to > end) {
    const finalHeights = memory.aggregation.finalHeights(Math.max(from, end), to);
    await writeResults(client, { changedBlocks: [], minutes: [], finalHeights }, from);
  }
}

/** @param options the end of the rebuilt range, and whether this is its last slice */
async function summarize(
  client: ClientBase,
  from: number,
  until: number,
  { to, isLast }: { to: number; isLast: boolean },
): Promise<void> {
  const { rows } = await client.query<{ closed: number }>(
    `SELECT ${microsecondsOf('closed_until')} AS closed FROM insight_state`,
  );
  const closed = rows[0]?.closed;
  await rebuildSummaries(client, from, until, {
    isLast,
    closedUntil: closed ?? to,
    isServed: closed !== undefined,
  });
}

/** What can be rebuilt: milliseconds since the epoch. */
export interface RebuildBounds {
  /** Messages of earlier hours are deleted, or will soon be. */
  from: number;
  /** Later hours are not over, and are written by the servers. */
  to: number;
}

export async function rebuildBounds(client: ClientBase): Promise<RebuildBounds> {
  const { rows } = await client.query<{ closed: number }>(
    `SELECT (extract(epoch FROM date_trunc('hour', coalesce((SELECT closed_until FROM insight_state), now()), 'UTC')) * 1000)
            ::float8 AS closed`,
  );
  const [oldest] = await listPartitions(client, 'logs_expiring');
  const kept = oldest?.from ?? Infinity;
  const hourMs = HOUR_US / 1000;
  // The hour of the context must be there, too.
  return {
    from: kept === -Infinity ? 0 : Math.ceil(kept / hourMs) * hourMs + hourMs,
    to: rows[0]?.closed ?? 0,
  };
}
