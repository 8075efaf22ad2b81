import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { metric } from '../support/metrics.js';
import { NumberedNodes } from '../support/numbered-messages.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';
import { WrongClock } from '../support/wrong-clock.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Two servers and their purges, on a machine that is busy. */
const LIMIT_MS = 120_000;
const WAIT = { timeoutMs: 30_000 };

const clockOf = async (aheadMs: number): Promise<WrongClock> =>
  new WrongClock(join(await tempDir('clock'), 'clock'), aheadMs);

/** A server that purges every second, on a machine with that clock. */
const serverWith = async (clock: WrongClock, databaseUrl: string): Promise<ServerProcess> =>
  ServerProcess.ready(await freePort(), {
    DATABASE_URL: databaseUrl,
    DATA_DIR: await tempDir('clock'),
    LOG_EXPIRY_H: '24',
    PURGE_INTERVAL_S: '1',
    ...clock.environment,
  });

const shown = async (server: ServerProcess, name: string): Promise<Map<string, number>> =>
  metric(await (await fetch(`${server.http}/metrics`)).text(), name);

const purges = async (server: ServerProcess, outcome: string): Promise<number> =>
  (await shown(server, 'tetcore_purges_total')).get(`outcome="${outcome}"`) ?? 0;

/** Partitions of the messages that expire, and how many rows each has. */
const partitions = (database: TestDatabase): Promise<{ name: string; rows: number }[]> =>
  database.query(
    `SELECT inhrelid::regclass::text AS name,
            (SELECT count(*)::int FROM logs_expiring WHERE tableoid = inhrelid) AS rows
       FROM pg_inherits WHERE inhparent = 'logs_expiring'::regclass ORDER BY 1`,
  );

it(
  'a server whose clock is 30 days ahead purges nothing and logs an error, and another one purges',
  async () => {
    await using database = await TestDatabase.create();
    await using right = await serverWith(await clockOf(0), database.url);
    const nodes = new NumberedNodes(right.ws, 4, 200, ['/']);
    await waitUntil(() => nodes.sent.length >= 200, { what: 'messages', ...WAIT });
    const clock = await clockOf(30 * DAY);
    await using wrong = await serverWith(clock, database.url);
    await waitUntil(async () => (await purges(wrong, 'refused_clock')) >= 3, {
      what: 'refused purges',
      ...WAIT,
    });
    const before = await purges(right, 'done');
    await waitUntil(async () => (await purges(right, 'done')) >= before + 2, {
      what: 'purges of the right one',
      ...WAIT,
    });
    await nodes.stop();
    await waitUntil(async () => (await nodes.tally(database.url)).missing === 0, {
      what: 'all messages',
      ...WAIT,
    });
    expect(await nodes.tally(database.url)).toMatchObject({ twice: 0, missing: 0 });
    expect(await purges(wrong, 'done')).toBe(0);
    expect(Math.round((await shown(wrong, 'tetcore_clock_offset_seconds')).get('') ?? 0)).toBe(30 * 86_400);
    expect(wrong.log).toMatch(/ERROR.*The system clock is 2592000\.\d s ahead of the database clock\./);
    expect(wrong.log.match(/(ERROR|WARN).*The system clock is /g)).toHaveLength(1);
    expect(right.log).not.toContain('The system clock');

    clock.set(wrong, 0);
    await waitUntil(async () => (await purges(wrong, 'done')) >= 1, {
      what: 'it to purge again',
      ...WAIT,
    });
    await waitUntil(() => wrong.log.includes('agrees with the database clock again'), {
      what: 'the log',
      ...WAIT,
    });
  },
  LIMIT_MS,
);

it(
  'a clock that starts in 2019 and is then set costs no message, and creates only current partitions',
  async () => {
    await using database = await TestDatabase.create();
    const clock = await clockOf(Date.UTC(2019, 0, 1) - Date.now());
    await using server = await serverWith(clock, database.url);
    const nodes = new NumberedNodes(server.ws, 4, 100, ['/']);
    await waitUntil(() => nodes.sent.length >= 200, { what: 'messages by the wrong clock' });
    clock.set(server, 0);
    const sent = nodes.sent.length;
    await waitUntil(() => nodes.sent.length >= sent + 200, { what: 'messages by the right clock' });
    await waitUntil(async () => (await purges(server, 'done')) >= 2, { what: 'purges', ...WAIT });
    await nodes.stop();
    await waitUntil(async () => (await nodes.tally(database.url)).missing === 0, {
      what: 'all messages',
      ...WAIT,
    });
    expect(await nodes.tally(database.url)).toMatchObject({ twice: 0, missing: 0 });
    const [times] = await database.query<{ right: boolean }>(
      `SELECT bool_and(created_at BETWEEN now() - interval '10 minutes' AND now()
                 AND received_at BETWEEN now() - interval '10 minutes' AND now()) AS "right"
       FROM logs_expiring`,
    );
    expect(times).toEqual({ right: true });
    // Those of the two days ahead, and of this hour; a test may run across the end of one.
    expect((await partitions(database)).length).toBeLessThanOrEqual(50);
  },
  LIMIT_MS,
);
