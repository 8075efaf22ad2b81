import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sessionPass } from '../../src/insight/sessions/session-pass.js';
import { SummarizeSessions1764600000000 } from '../../src/migrations/1764600000000-summarize-sessions.js';
import { Random } from '../../src/simulator/random/random.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { type LinkEnd, linkEnds, type SessionTruth, sessionTruth } from './session-truth.js';
import { rebuildSessionsOf, storeHistory } from './simulated-history.js';
import { minutesAgo, troubledHistory } from './troubled-history.js';

const MINUTE_MS = 60_000;
const startAt = minutesAgo(200);
const endAt = startAt + 120 * MINUTE_MS;
const options = troubledHistory(startAt);

interface Session {
  node: string;
  began: number;
  ended: number;
  cause: string | null;
  restarted: boolean | null;
  process: number;
}

/** A time as milliseconds, in SQL. */
const ms = (column: string): string => `round((extract(epoch FROM ${column}) * 1000), 3)::float8`;

describe('the sessions of a history whose truth is known', { timeout: 120_000 }, () => {
  let database: TestDatabase;
  let truth: SessionTruth;
  let links: LinkEnd[];

  beforeAll(async () => {
    truth = sessionTruth(options, endAt);
    links = linkEnds(truth);
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    await rebuildSessionsOf(database, startAt, endAt);
  }, 120_000);
  afterAll(() => database[Symbol.asyncDispose]());

  const sessions = async (): Promise<Session[]> =>
    await database.query<Session>(
      `SELECT nodes.peer_id AS node, ${ms('began_at')} AS began, ${ms('ended_at')} AS ended, end_cause AS cause,
              restarted, ${ms('process_began_at')} AS process
         FROM insight_sessions JOIN nodes ON nodes.id = node_id ORDER BY nodes.peer_id, began_at`,
    );

  it('are the links of the nodes', async () => {
    const stored = await sessions();
    expect(stored.length).toBeGreaterThan(100);
    expect(stored.map(({ node, began }) => [node, Math.round(began)])).toEqual(
      links.map(({ peerId, began }) => [peerId, Math.round(began)]),
    );
    for (const [index, { ended, cause }] of links.entries()) {
      const session = stored[index];
      // Those of a process that was killed end with their last message.
      if (cause === 'collector') expect(session?.ended).toBeLessThanOrEqual(ended);
      else if (cause !== null) expect(Math.abs((session?.ended ?? NaN) - ended)).toBeLessThan(1);
    }
  });

  it('end by restarts, lost links and gaps of the observer, as they really did', async () => {
    const wanted = links.map(({ endCause }) => endCause);
    for (const { cause, restarted } of links) if (cause === 'restart') expect(restarted).not.toBe(false);
    expect((await sessions()).map(({ cause }) => cause)).toEqual(wanted);
    for (const cause of ['restart', 'link_lost', 'observer'])
      expect(wanted.filter((one) => one === cause).length, cause).toBeGreaterThan(20);
  });

  it('show restarts, also of nodes that restarted while the collector was down', async () => {
    const stored = await sessions();
    expect(stored.map(({ restarted }) => restarted)).toEqual(links.map(({ restarted }) => restarted));
    expect(stored.filter(({ cause, restarted }) => cause === 'observer' && restarted).length).toBeGreaterThan(
      0,
    );
  });

  it('know since when a process runs, however wrong its clock is', async () => {
    let checked = 0;
    for (const { node, began, process } of await sessions()) {
      const real = truth.processes.find(
        (one) => one.peerId === node && one.began <= began + 1 && one.ended > began + 1,
      );
      expect(real, node).toBeDefined();
      expect(process).toBeLessThanOrEqual(began);
      // Processes that began before the first link of their node are as old as they report.
      if (real === undefined || real.began < startAt) continue;
      const firstLink = links.find(({ peerId, began: at }) => peerId === node && at >= real.began - 1);
      // Clocks step, and the first message takes some time.
      expect(process).toBeGreaterThan(real.began - 1_000);
      expect(process).toBeLessThanOrEqual((firstLink?.began ?? 0) + 1);
      checked += 1;
    }
    expect(checked).toBeGreaterThan(50);
  });

  it('know which of them changed the version of their node, and are counted by hour', async () => {
    const [versions] = await database.query<{ wrong: number; changes: number }>(
      `SELECT count(*) FILTER (WHERE same_version <> is_same)::integer AS wrong,
              count(*) FILTER (WHERE NOT same_version)::integer AS changes
         FROM (SELECT same_version, coalesce((version, implementation) IS NOT DISTINCT FROM
                        lag((version, implementation)) OVER (PARTITION BY node_id ORDER BY began_at, connection_id), false) AS is_same
                 FROM insight_sessions) AS sessions`,
    );
    expect(versions?.wrong).toBe(0);
    expect(versions?.changes).toBeGreaterThan(0);
    const sums =
      'sum(begins) AS begins, sum(ends) AS ends, sum(links_lost) AS lost, sum(observer_ends) AS observer';
    expect(await database.query(`SELECT ${sums} FROM insight_session_hours`)).toEqual(
      await database.query(`SELECT ${sums} FROM insight_node_days`),
    );
    const summaries = async (): Promise<unknown[]> => [
      await database.query('SELECT * FROM insight_session_hours ORDER BY chain_id, hour'),
      await database.query('SELECT connection_id, same_version FROM insight_sessions ORDER BY connection_id'),
    ];
    const before = await summaries();
    const dataSource = await new DataSource({ type: 'postgres', url: database.url }).initialize();
    const runner = dataSource.createQueryRunner();
    const migration = new SummarizeSessions1764600000000();
    await migration.down(runner);
    await migration.up(runner);
    await runner.release();
    await dataSource.destroy();
    expect(await summaries()).toEqual(before);
  });

  it('are the same, value by value, if passes write them while connections begin and end, and are killed', async () => {
    const rows = async (): Promise<unknown[]> => [
      await database.query('SELECT * FROM insight_sessions ORDER BY node_id, began_at, connection_id'),
      // Passes go beyond the history: before midnight, the next day has begun, and has nothing.
      await database.query(
        `SELECT day, node_id, heard_seconds, restarts, links_lost, observer_ends, begins, ends, version
           FROM insight_node_days WHERE heard_seconds > 0 OR begins + ends > 0 ORDER BY node_id, day`,
      ),
      await database.query('SELECT * FROM insight_version_days ORDER BY day, version'),
      await database.query('SELECT * FROM insight_session_hours ORDER BY chain_id, hour'),
    ];
    const rebuilt = await rows();
    for (const [table, at] of [
      ['peer_connections', 'first_message_at'],
      ['observer_gaps', 'began_at'],
    ] as const) {
      await database.query(`CREATE TABLE real_${table} AS SELECT *, ${at} AS known_at FROM ${table}`);
    }
    const columns = await database.query<{ names: string }>(
      `SELECT string_agg(CASE column_name WHEN 'ended_at' THEN 'CASE WHEN ended_at <= $1 THEN ended_at END'
                                          WHEN 'end_reason' THEN 'CASE WHEN ended_at <= $1 THEN end_reason END'
                                          ELSE quote_ident(column_name) END, ', ' ORDER BY ordinal_position) AS names
         FROM information_schema.columns WHERE table_name = 'peer_connections'`,
    );
    await database.query(
      'TRUNCATE insight_sessions, insight_node_days, insight_version_days, insight_session_hours',
    );
    const random = new Random(3, 'passes');
    await onDatabase(database.url, async (client) => {
      let from = startAt;
      for (let to = startAt; to < endAt + 130 * MINUTE_MS;) {
        to += random.between(1, 4) * MINUTE_MS;
        await client.query('TRUNCATE peer_connections');
        await client.query(
          `INSERT INTO peer_connections SELECT ${columns[0]?.names ?? ''} FROM real_peer_connections WHERE known_at <= $1`,
          [new Date(to)],
        );
        // Gaps are recorded late.
        await client.query('TRUNCATE observer_gaps');
        await client.query(
          'INSERT INTO observer_gaps SELECT id, collector, cause, began_at, ended_at FROM real_observer_gaps WHERE ended_at <= $1',
          [new Date(to)],
        );
        for (let killed = random.chance(0.3); ; killed = false) {
          await client.query('BEGIN');
          await sessionPass(client, { from: from * 1000, to: to * 1000 });
          await client.query(killed ? 'ROLLBACK' : 'COMMIT');
          if (!killed) break;
        }
        const open = await client.query<{ sessions: number; connections: number }>(
          `SELECT (SELECT count(*)::integer FROM insight_sessions WHERE ended_at IS NULL) AS sessions,
                  (SELECT count(*)::integer FROM peer_connections WHERE ended_at IS NULL) AS connections`,
        );
        expect(open.rows[0]?.sessions).toBe(open.rows[0]?.connections);
        from = to;
      }
    });
    expect(await rows()).toEqual(rebuilt);
  });
});
