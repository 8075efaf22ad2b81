import type { ClientBase } from 'pg';
import { aggregateReports } from '../reputation/index.js';
import { microsecondsOf, READ_AGAIN_MS, sqlInterval } from '../storage/index.js';
import {
  type Aggregation,
  CLOSED_AFTER_US,
  CONTEXT_US,
  GRACE_US,
  hourOf,
  minuteOf,
  MINUTE_US,
  type Results,
} from './aggregate/index.js';
import { PassMemory } from './memory.js';
import { storedMessages } from './messages/raw-messages.js';
import { sessionPass } from './sessions/session-pass.js';
import { markDirty } from './tables/dirty-hours.js';
import { changedGapTimes, observerGaps } from './tables/gaps.js';
import { continueSpans, writeSpans } from './tables/spans.js';
import { writeHardware } from './tables/hardware.js';
import { beginHours, writeOpenHours } from './tables/node-hours.js';
import { restoreWaiting } from './tables/waiting-blocks.js';
import { removeOthers, writeResults } from './tables/write-results.js';
import { writeSummaries } from './tables/write-summaries.js';

/** A process that has not made a pass for so long is replaced by another one. */
const REPLACED_AFTER_MS = 60_000;
/** Results of open minutes are written again after so long: writing them is most of what a pass costs. */
const OPEN_RESULTS_US = 25_000_000;
/** Messages of so much time are read by one pass, after a time without passes. */
const MAX_READ_MS = 60_000;

export interface PassResult {
  memory: PassMemory;
  /** Whether there is more to read, so that the next pass should follow at once. */
  behind: boolean;
  /** Messages that were read. */
  messages: number;
  /** Messages that arrived in minutes that were closed already. */
  late: number;
}

/** The row of `insight_state`, and the end of this pass. Times are microseconds since the epoch, or exact as text. */
interface State {
  isOwn: boolean;
  isAbandoned: boolean;
  closedUntil: number;
  /** Messages that were stored later may be part of the context of open minutes. */
  contextFrom: string;
  storedUntil: string;
  storedUntilUs: number;
  readAgainFrom: string;
  until: string;
  untilUs: number;
  behind: boolean;
}

export interface PassOptions {
  /** The process that makes the pass. */
  owner: string;
  /** That of the last pass of this process. */
  memory: PassMemory | undefined;
  /** Gives numbers to new nodes. @returns false if another process is doing so */
  registerNodes: () => Promise<boolean>;
  /** Messages that were stored within so many milliseconds are read; a minute unless given. */
  maxReadMs?: number;
}

/**
 * Aggregates the messages that were stored since the last pass, in one transaction with the watermark: after a crash, the
 * next pass does the same again.
 *
 * @param client in a new transaction (read committed), which the caller ends
 * @returns undefined if another process does the aggregation
 * @throws errors of the database; then the memory must not be used again
 */
export async function aggregatorPass(
  client: ClientBase,
  { owner, memory, registerNodes, maxReadMs = MAX_READ_MS }: PassOptions,
): Promise<PassResult | undefined> {
  const state = await lockState(client, owner, maxReadMs);
  if (state === undefined || (!state.isOwn && !state.isAbandoned)) return undefined;
  const read = new StoredReader(client, state, registerNodes);
  const current = memory?.storedUntil === state.storedUntil ? memory : await restore(client, state, read);
  const { messages, late } = await read.into(current, state.readAgainFrom, state.until);
  await markDirty(client, hoursOf(late, 0, CONTEXT_US), [state.readAgainFrom, state.until]);
  await updateGaps(client, current, state);
  const closedUntil = Math.max(state.closedUntil, minuteOf(state.untilUs - CLOSED_AFTER_US));
  const isClosing = closedUntil > state.closedUntil;
  if (isClosing || state.untilUs - current.resultsUntil >= OPEN_RESULTS_US) {
    const end = minuteOf(state.untilUs) + MINUTE_US;
    const results = current.aggregation.results(state.closedUntil, end, closedUntil);
    await writeResults(client, results, state.closedUntil);
    if (isClosing) await closeMinutes(client, current.aggregation, [state.closedUntil, closedUntil], results);
    current.resultsUntil = state.untilUs;
  }
  await sessionPass(client, { from: state.storedUntilUs, to: state.untilUs });
  const reports = await aggregateReports(client, { after: state.readAgainFrom, until: state.until });
  await client.query(
    `UPDATE insight_state SET owner = $1, passed_at = now(), stored_until = $2, closed_until = to_timestamp($3::float8 / 1e6)`,
    [owner, state.until, closedUntil],
  );
  current.passed(state.until, state.untilUs);
  return { memory: current, behind: state.behind, messages: messages + reports, late: late.length };
}

/** Writes what is computed of closed minutes only, and forgets them. */
async function closeMinutes(
  client: ClientBase,
  aggregation: Aggregation,
  [from, to]: readonly [number, number],
  results: Results,
): Promise<void> {
  await removeOthers(client, from, to, results);
  await writeSpans(client, aggregation.closeSpans(from, to, results.blocks));
  await writeSummaries(client, from, to);
  aggregation.addToHours(from, to, results);
  await writeOpenHours(client, aggregation, from, to);
  await writeHardware(client, aggregation.benchmarks(from, to));
  aggregation.close(to);
}

/** The state, which no other process can change until the end of the transaction; undefined if one is about to. */
async function lockState(client: ClientBase, owner: string, maxReadMs: number): Promise<State | undefined> {
  await client.query(
    `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
     SELECT date_trunc('minute', now()), date_trunc('minute', now()), now(), now(), $1
     WHERE NOT EXISTS (SELECT FROM insight_state) ON CONFLICT DO NOTHING`,
    [owner],
  );
  const { rows } = await client.query<State>(
    `SELECT owner = $1 AS "isOwn", passed_at < now() - ${sqlInterval(REPLACED_AFTER_MS)} AS "isAbandoned",
            ${microsecondsOf('closed_until')} AS "closedUntil",
            (closed_until - ${sqlInterval(CONTEXT_US / 1000)})::text AS "contextFrom", stored_until::text AS "storedUntil",
            ${microsecondsOf('stored_until')} AS "storedUntilUs",
            (stored_until - ${sqlInterval(READ_AGAIN_MS)})::text AS "readAgainFrom",
            until::text AS until, ${microsecondsOf('until')} AS "untilUs", until < now() AS behind
       FROM insight_state,
            LATERAL (SELECT greatest(stored_until, least(now(), stored_until + ${sqlInterval(maxReadMs)})) AS until) AS pass
        FOR UPDATE OF insight_state SKIP LOCKED`,
    [owner],
  );
  return rows[0];
}

/** Reads the context of the open minutes, as another process or an earlier one has left them. */
async function restore(client: ClientBase, state: State, read: StoredReader): Promise<PassMemory> {
  const memory = new PassMemory(state.storedUntil);
  await beginHours(client, memory.aggregation, state.closedUntil);
  await read.into(memory, state.contextFrom, state.storedUntil);
  await restoreWaiting(client, memory.aggregation, state.closedUntil);
  await continueSpans(client, memory.aggregation, state.closedUntil);
  return memory;
}

/** Nodes are not expected where their server did not receive data. Gaps may be recorded, or corrected, long after. */
async function updateGaps(client: ClientBase, memory: PassMemory, state: State): Promise<void> {
  const { closedUntil, untilUs } = state;
  const changed = await changedGapTimes(client);
  const closed = changed.filter((time) => time - MINUTE_US < closedUntil);
  await markDirty(client, hoursOf(closed, -MINUTE_US, GRACE_US + MINUTE_US), [null, null]);
  memory.aggregation.gaps.are(await observerGaps(client, closedUntil - CONTEXT_US, untilUs + MINUTE_US));
}

/** The hours that overlap a range around each time. */
function hoursOf(times: readonly number[], before: number, after: number): Set<number> {
  return new Set(times.flatMap((time) => [hourOf(time + before), hourOf(time + after)]));
}

/** Reads stored messages in one pass. */
class StoredReader {
  constructor(
    private readonly client: ClientBase,
    private readonly state: State,
    private readonly registerNodes: () => Promise<boolean>,
  ) {}

  /**
   * Reads the messages that were stored in a time range into a memory.
   *
   * @returns how many there were, and when those arrived that arrived before the open minutes
   * @throws if nodes have no numbers yet, because another process is giving them
   */
  async into(memory: PassMemory, from: string, to: string): Promise<{ messages: number; late: number[] }> {
    const { closedUntil, untilUs } = this.state;
    const counts = { messages: 0, late: [] as number[] };
    for await (const messages of storedMessages(this.client, from, to, memory.known)) {
      if (!(await memory.sources.load(this.client, messages))) {
        if (!(await this.registerNodes())) throw new Error('Another server is registering nodes.');
        // Those that still have none cannot be registered: the name of their chain is too long.
        await memory.sources.load(this.client, messages);
      }
      memory.knows(messages, untilUs);
      counts.messages += messages.length;
      counts.late.push(...memory.add(messages, closedUntil));
    }
    return counts;
  }
}
