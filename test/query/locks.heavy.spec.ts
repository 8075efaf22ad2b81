import { describe, expect, it } from 'vitest';
import { ResponseLimits } from '../../src/platform/responses/index.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { oneSet, storeReports } from '../support/reports.js';
import { TestPurge } from '../support/test-purge.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR = 3_600_000;
const REPORTER = 'QmReporter';
const MONTH_S = 31 * 86_400;

/** Requests about messages, of each kind: all of them lock `peer_connections` before the messages. */
const REQUESTS = [
  `/reputation?max_age_s=${MONTH_S.toString()}`,
  `/reputation/logged?max_age_s=${MONTH_S.toString()}`,
  '/reputation/QmSeen',
  `/nodes/logs?peer_id=${REPORTER}`,
  `/nodes/logs?peer_id=${REPORTER}&order=asc&format=ndjson`,
  `/nodes/log_stats?peer_id=${REPORTER}`,
  `/nodes/peer_counts?peer_id=${REPORTER}`,
] as const;
const OTHER_REQUESTS = ['/stats/db', '/nodes', `/nodes/${REPORTER}`, `/nodes/${REPORTER}/connections`];

/** A database with a report of each of the last hours, each hour in a partition of its own. */
async function databaseWith(hours: number): Promise<TestDatabase> {
  const database = await TestDatabase.create();
  const now = Date.now();
  await using storage = new TestStorage(database.url, { environment: { LOG_EXPIRY_H: '24' } });
  await storage.partitions.ensure('logs_expiring', now - hours * HOUR, now);
  const said = oneSet({ QmSeen: { reputation: -7, connected: true } });
  const reports = Array.from({ length: hours }, (_, age) => ({ age: age * HOUR, said }));
  await storeReports(database, [{ peerId: REPORTER, reports }], now);
  return database;
}

type Answer = [path: string, status: number, body: string];

const ask = async (server: TestServer, path: string): Promise<Answer> => {
  const answer = await server.get(path);
  return [path, answer.status, await answer.text()];
};

/** How many readers wait for a table, or for a view. */
const waitingFor = async (database: TestDatabase, relation: string): Promise<number> =>
  (
    await database.query(
      `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid)
        WHERE NOT granted AND relation = $1::regclass AND application_name = 'tetcore-analytics reader'`,
      [relation],
    )
  ).length;

describe('a session that locks messages before connections', () => {
  it('deadlocks with running queries, and each query is retried and answered', async () => {
    await using database = await databaseWith(2);
    // PostgreSQL checks for deadlocks when a session begins to wait, and cancels that one: it must be the queries.
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET deadlock_timeout = '5s'`);
    await using server = await TestServer.ready(database.url);
    // All are to be read at once, and come from one address.
    Object.assign(server.server.app.get(ResponseLimits), { pagesOfAddress: 6 });
    const expected = await Promise.all(REQUESTS.map((path) => ask(server, path)));
    expect(expected.map(([, status]) => status)).toEqual(REQUESTS.map(() => 200));
    await onDatabase(database.url, async (other) => {
      await other.query("SET deadlock_timeout = '1h'; BEGIN; LOCK TABLE logs_expiring");
      const asking = Promise.all(REQUESTS.map((path) => ask(server, path)));
      await waitUntil(async () => (await waitingFor(database, 'logs_expiring')) === REQUESTS.length, {
        what: 'the requests to have locked the connections, and to wait for the messages',
      });
      await other.query('LOCK TABLE peer_connections; COMMIT');
      expect(await asking).toEqual(expected);
    });
    await waitUntil(
      async () => {
        const sql = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()';
        return ((await database.query<{ deadlocks: number }>(sql))[0]?.deadlocks ?? 0) > 0;
      },
      { what: 'the database to say that there was a deadlock' },
    );
  });
});

describe('queries during a purge', () => {
  it('are all answered, and exports complete, while partitions are dropped', async () => {
    const expired = 10;
    await using database = await databaseWith(24 + expired);
    await using server = await TestServer.ready(database.url, { LOG_EXPIRY_H: '24' });
    await using purge = await TestPurge.open(database.url, 24);
    const answered: Answer[] = [];
    let dropped = 0;
    let purging = true;
    const asking = [...REQUESTS, ...OTHER_REQUESTS].map(async (path) => {
      do answered.push(await ask(server, path));
      while (purging);
    });
    try {
      // Readers can delay all attempts of a purge.
      while (dropped < expired) dropped += (await purge.done(Date.now())).partitions.length;
    } finally {
      purging = false;
      await Promise.all(asking);
    }
    expect(answered.filter(([, status]) => status !== 200)).toEqual([]);
    expect(answered.length).toBeGreaterThan(asking.length);
    for (const [, , body] of answered.filter(([path]) => path.includes('ndjson'))) {
      const times = body
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { created_at: string }).created_at);
      expect(times).toEqual([...new Set(times)].sort());
      expect(Date.now() - Date.parse(times.at(-1) ?? '')).toBeLessThan(2 * HOUR);
    }
  });
});
