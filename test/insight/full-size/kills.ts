import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../../src/simulator/random/random.js';
import { freePort } from '../../support/free-port.js';
import { databaseNamed, onDatabase } from '../../support/on-database.js';
import { ServerProcess } from '../../support/server-process.js';
import { tempDir } from '../../support/temp-dir.js';
import { waitUntil } from '../../support/wait-until.js';
import { Bars } from './bars.js';
import { runCommand } from './run-command.js';
import { Stored } from './stored.js';

const HOUR_MS = 3_600_000;
/** What is computed of messages, and what is written of it. */
const TABLES = [
  'insight_blocks',
  'insight_arrivals',
  'insight_minutes',
  'insight_hours',
  'insight_days',
  'insight_node_hours',
  'insight_hardware',
  'insight_spans',
  'insight_sessions',
  'insight_node_days',
  'insight_version_days',
  'insight_session_hours',
  'insight_reports',
  'insight_reputation_runs',
];
const ALL_TABLES = [...TABLES, 'insight_state', 'insight_dirty_hours', 'insight_known_gaps'];
/** A server makes its first pass ten seconds after its start. */
const [MIN_LIFE_MS, MAX_LIFE_MS] = [9_000, 25_000];
/** What a pass takes, about. */
const PASS_MS = 600;
const PASS_WITHIN_MS = 60_000;

export interface KillsOptions {
  postgresUrl: string;
  seed: number;
  nodes: number;
  hours: number;
  kills: number;
}

/**
 * A server that is killed again and again while it aggregates, and continues. Its tables must have the rows that one
 * `insight rebuild` makes of the same messages.
 */
export async function verifyKills(options: KillsOptions): Promise<Bars> {
  const { postgresUrl, seed, hours, kills } = options;
  const bars = new Bars('kills');
  const url = databaseNamed(postgresUrl, 'kills');
  const startAt = (Math.floor(Date.now() / HOUR_MS) - hours - 1) * HOUR_MS;
  const closedAt = startAt + (hours + 1) * HOUR_MS;
  await store(url, startAt, options);
  const stored = new Stored(url);
  const random = new Random(seed, 'kills');
  const dataDir = await tempDir('insight');
  try {
    const inPass: boolean[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      await using server = await aggregator(url, dataDir);
      // Every second one within a pass: most of the time, servers wait for the next one.
      if (kill % 2 === 0) await sleep(random.between(MIN_LIFE_MS, MAX_LIFE_MS));
      else await inAPass(stored, random.between(0, PASS_MS));
      inPass.push(await isInPass(stored));
      await server.end('SIGKILL');
      await letAnotherOneTakeOver(stored);
      if ((await stored.closedUntil()) >= closedAt)
        throw new Error('All was aggregated before the last kill.');
    }
    bars.note('kills within a pass', `${inPass.filter(Boolean).length}`, kills);
    await using server = await aggregator(url, dataDir);
    await waitUntil(async () => (await stored.closedUntil()) >= closedAt, {
      what: 'the aggregation to close the last minute',
      timeoutMs: hours * HOUR_MS,
      everyMs: 1_000,
    });
    await server.end('SIGTERM');
  } finally {
    await rm(dataDir, { recursive: true });
  }
  // Hours that were computed again would be the same for that reason.
  const dirty = await stored.query<{ hour: string }>(
    'SELECT hour::text FROM insight_dirty_hours WHERE hour < to_timestamp($1::float8 / 1000)',
    [closedAt],
  );
  bars.none(
    'hours that were computed again',
    hours,
    dirty.map(({ hour }) => hour),
  );
  await compareWithRebuild(bars, url, [startAt, closedAt]);
  return bars;
}

/** Messages of a history, as writers store them: up to some seconds later, in another order. */
async function store(url: string, startAt: number, { nodes, hours, seed }: KillsOptions): Promise<void> {
  await runCommand(
    ['simulate', '--scenario', 'history', '--nodes', nodes.toString(), '--seed', seed.toString()],
    ['--days', (hours / 24).toString(), '--start', new Date(startAt).toISOString(), '--database', url],
  );
  const stored = new Stored(url);
  for (const table of ['logs_expiring', 'logs_audit'])
    await stored.query(`UPDATE ${table} SET stored_at = received_at + (id * 7919 % 4000) * interval '1 ms'`);
  await stored.query(
    `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
     SELECT at, at, at, now(), gen_random_uuid() FROM to_timestamp($1::float8 / 1000) AS at`,
    [startAt],
  );
  await letAnotherOneTakeOver(stored);
}

async function aggregator(url: string, dataDir: string): Promise<ServerProcess> {
  return await ServerProcess.ready(await freePort(), { DATABASE_URL: url, DATA_DIR: dataDir });
}

/** As if the minute had passed after which it does. */
async function letAnotherOneTakeOver(stored: Stored): Promise<void> {
  await waitUntil(async () => !(await isInPass(stored)), { what: 'PostgreSQL to end the session' });
  await stored.query("UPDATE insight_state SET passed_at = passed_at - interval '61 s'");
}

/** Whether a transaction holds the state. */
async function isInPass(stored: Stored): Promise<boolean> {
  const locks = await stored.query(
    "SELECT FROM pg_locks WHERE relation = 'insight_state'::regclass AND mode IN ('RowShareLock', 'RowExclusiveLock')",
  );
  return locks.length > 0;
}

async function inAPass(stored: Stored, forMs: number): Promise<void> {
  await waitUntil(() => isInPass(stored), { what: 'a pass', timeoutMs: PASS_WITHIN_MS, everyMs: 5 });
  await sleep(forMs);
}

/** Nodes are expected until now: in a day that is not over, for longer in what was computed later. */
const nodeDay = (closedAt: number): string => `
  (to_jsonb(row) - CASE WHEN (day + 1)::timestamp AT TIME ZONE 'UTC' > to_timestamp(${(closedAt / 1000).toString()})
                        THEN '{known_seconds,expected_seconds}'::text[] ELSE '{}' END)::text`;

/** In a second database with the same messages. */
async function compareWithRebuild(
  bars: Bars,
  url: string,
  [from, to]: readonly [number, number],
): Promise<void> {
  const rebuiltUrl = databaseNamed(url, 'rebuilt');
  await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query('CREATE DATABASE rebuilt TEMPLATE kills'),
  );
  const rebuilt = new Stored(rebuiltUrl);
  await rebuilt.query(`TRUNCATE ${ALL_TABLES.join(', ')}`);
  await runCommand(
    ['insight', 'rebuild', '--from', new Date(from).toISOString(), '--to', new Date(to).toISOString()],
    [],
    { DATABASE_URL: rebuiltUrl },
  );
  const killed = new Stored(url);
  for (const table of TABLES) {
    const sql = `SELECT ${table === 'insight_node_days' ? nodeDay(to) : 'row::text'} AS text FROM ${table} AS row`;
    const [ours, theirs] = await Promise.all(
      [killed, rebuilt].map(async (one) => {
        const rows = await one.query<{ text: string }>(sql);
        return rows.map(({ text }) => text);
      }),
    );
    const rows = theirs?.length ?? 0;
    // Nodes are counted that were heard for an hour of a day: if midnight divides a short history, there are none.
    if (table === 'insight_version_days' && rows + (ours?.length ?? 0) === 0)
      bars.note(`rows of ${table}`, 'none', 0);
    else bars.none(`rows of ${table}`, rows, differences(ours ?? [], theirs ?? []));
  }
}

/** Rows of which one side has more. */
function differences(ours: readonly string[], theirs: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const row of ours) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of theirs) counts.set(row, (counts.get(row) ?? 0) - 1);
  return [...counts].flatMap(([row, count]) =>
    count === 0 ? [] : [`${count > 0 ? 'only after kills' : 'only rebuilt'}: ${row}`],
  );
}
