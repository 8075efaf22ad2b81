import type { ClientBase } from 'pg';
import { AdvisoryLock, timeOf } from '../../storage/index.js';
import { DAY_US, HOUR_US } from '../aggregate/index.js';
import { deriveSessions, endedNodes, excusedNodes, excuseEnds } from './derive-sessions.js';
import { writeDaysOf, writeNodeDays } from './node-days.js';
import { endLostSessions, writeSessions } from './session-rows.js';

/** Connections that ended before the last pass by less than this are read again: ends are stored late. */
const READ_AGAIN_MS = 600_000;
/** The same once an hour: a journal may bring ends that are a day old. */
const READ_HOURLY_MS = 26 * 3_600_000;

/** Microseconds since the epoch. */
export interface SessionPass {
  /** The end of the last pass, and of this one. */
  from: number;
  to: number;
}

/**
 * Brings the sessions of nodes up to date, and their days: in every pass what has changed, and once an hour also what came
 * late, and the days of today and yesterday. Idempotent.
 *
 * @param client in the transaction of the pass
 */
export async function sessionPass(client: ClientBase, { from, to }: SessionPass): Promise<void> {
  await lock(client);
  const isHourly = Math.floor(from / HOUR_US) !== Math.floor(to / HOUR_US);
  const since = timeOf(Math.min(from - READ_AGAIN_MS * 1000, isHourly ? to - READ_HOURLY_MS * 1000 : from));
  const changed = await writeSessions(client, since, 'infinity');
  if (isHourly) changed.push(...(await endLostSessions(client)));
  const derived = await deriveSessions(client, onePerNode(changed));
  await excuseEnds(client, since);
  if (isHourly) await deriveSessions(client, await excusedNodes(client, since));
  await writeDaysOf(client, derived, dayOf(to - 2 * DAY_US));
  if (isHourly) await writeNodeDays(client, { from: dayOf(to - DAY_US), to: dayOf(to) });
}

/**
 * Fills the sessions of connections that ended in a time range, and the days of the range.
 *
 * @param client without an open transaction
 * @param signal between two days
 * @throws the signal's reason; errors of the database
 */
export async function rebuildSessions(
  client: ClientBase,
  { from, to }: SessionPass,
  signal: AbortSignal,
): Promise<void> {
  // Sessions of a time are those that ended after it: first all, then what follows from them.
  const { rows } = await client.query<{ now: string }>('SELECT now()::text AS now');
  const now = rows[0]?.now ?? 'infinity';
  for (let start = from; ; start += DAY_US) {
    signal.throwIfAborted();
    const isLast = start + DAY_US >= to;
    await inSteps(client, async () => {
      const [begin, end] = [timeOf(start), isLast ? now : timeOf(start + DAY_US)];
      const changed = await writeSessions(client, begin, end);
      await deriveSessions(client, onePerNode([...changed, ...(await endedNodes(client, begin, end))]));
    });
    if (isLast) break;
  }
  for (let day = from; dayOf(day) <= dayOf(to - 1); day += DAY_US) {
    signal.throwIfAborted();
    await inSteps(client, () => writeNodeDays(client, { from: dayOf(day), to: dayOf(day) }));
  }
}

/** In a transaction that no pass of a server disturbs. */
async function inSteps(client: ClientBase, work: () => Promise<void>): Promise<void> {
  await client.query('BEGIN');
  try {
    await lock(client);
    await work();
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

async function lock(client: ClientBase): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${AdvisoryLock.Sessions.toString()})`);
}

/** Of several times of a node the earliest one. Such texts sort as their times. */
function onePerNode<T extends { node: number; since: string }>(nodes: readonly T[]): T[] {
  const first = new Map<number, T>();
  for (const one of nodes) {
    const known = first.get(one.node);
    if (known === undefined || one.since < known.since) first.set(one.node, one);
  }
  return [...first.values()];
}

function dayOf(us: number): string {
  return timeOf(us).slice(0, 10);
}
