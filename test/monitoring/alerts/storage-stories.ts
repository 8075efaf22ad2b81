import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { AdvisoryLock } from '../../../src/storage/index.js';
import type { TestDatabase } from '../../support/databases.js';
import { FakeNode } from '../../support/fake-node.js';
import { databaseNamed, onDatabase } from '../../support/on-database.js';
import { PostgresProxy } from '../../support/postgres-proxy.js';
import type { AlertStory, Repeated, Stage } from './alert-story.js';
import { fill } from './fill.js';

/** Longer than `TetcoreAnalyticsStoreLag` allows, and shorter than a writer waits: milliseconds. */
const SLOW_MS = 7_000;

/** A server with a node that sends ten messages a second. */
async function withMessages(stage: Stage, database: TestDatabase): Promise<void> {
  const server = await stage.server({ DATABASE_URL: database.url });
  const node = await FakeNode.connect(server.ws);
  stage.repeat(100, () => node.send({ msg: 'block.import', height: 1 }));
  await stage.sees(`tetcore_messages_total{job="${stage.job}", outcome="stored"} > 0`);
}

/** As somebody with the rights to would do it. */
async function asAdministrator(database: TestDatabase, sql: (name: string) => string[]): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  await onDatabase(databaseNamed(database.url, 'postgres'), async (client) => {
    for (const text of sql(pg.escapeIdentifier(name))) await client.query(text);
  });
}

/** Ends every session of a database: what is said of it holds for new ones. */
const endSessions = (name: string): string =>
  `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name.slice(1, -1)}'`;

/** A session that takes an advisory lock and keeps it, as one does whose client was forgotten. */
function holdLock(cause: string, alerts: AlertStory['alerts'], lock: AdvisoryLock, seen: string): AlertStory {
  return {
    cause,
    alerts,
    begin: async (stage) => {
      const { url } = await stage.database();
      await stage.server({ DATABASE_URL: url });
      await stage.sees(`${seen}{job="${stage.job}"}`);
      const holder = new pg.Client({ connectionString: url });
      await holder.connect();
      stage.ends.add({ [Symbol.asyncDispose]: () => holder.end() });
      return {
        make: () => holder.query('SELECT pg_advisory_lock($1)', [lock]),
        end: () => holder.query('SELECT pg_advisory_unlock($1)', [lock]),
      };
    },
  };
}

/** What the database does, and what becomes of that here. */
export const STORAGE_STORIES: readonly AlertStory[] = [
  {
    cause: 'nodes that send much more than before',
    alerts: { TetcoreAnalyticsDatabaseGrowth: { severity: 'warning' } },
    begin: async (stage) => {
      const { url } = await stage.database();
      const server = await stage.server({ DATABASE_URL: url });
      // It needs two days to know, of 12 s each.
      await stage.sees(`job:tetcore_database_size_bytes:max{job="${stage.job}"} offset 24s`);
      return {
        make: async () => {
          const node = await FakeNode.connect(server.ws);
          // Nothing that can be compressed: 70 MB.
          for (let count = 0; count < 160; count += 1) {
            await node.send({ msg: 'test.large', filler: randomBytes(330_000).toString('base64') });
          }
          await node.close();
        },
      };
    },
  },
  holdLock(
    'a session that holds the lock of the registry for ever',
    { TetcoreAnalyticsRegistryBehind: { severity: 'warning' } },
    AdvisoryLock.Registry,
    'tetcore_registry_last_pass_timestamp_seconds',
  ),
  holdLock(
    'a session that holds the lock of the purge for ever',
    { TetcoreAnalyticsPurgeFailing: { severity: 'warning' } },
    AdvisoryLock.Purge,
    'tetcore_purge_last_success_timestamp_seconds',
  ),
  {
    cause: 'an aggregation that is days behind, as a process owns it that does nothing',
    alerts: {
      TetcoreAnalyticsAggregationBehind: { severity: 'warning' },
      TetcoreAnalyticsPurgedBeforeAggregation: { severity: 'critical' },
    },
    begin: async (stage) => {
      const database = await stage.database();
      await stage.server({ DATABASE_URL: database.url, LOG_EXPIRY_H: '1' });
      await stage.sees(`tetcore_insight_stored_until_timestamp_seconds{job="${stage.job}"}`);
      const leave = (stored: string, passed: string): Promise<unknown> =>
        database.query(
          `UPDATE insight_state SET owner = gen_random_uuid(), stored_until = now() - interval '${stored}', passed_at = now() + interval '${passed}'`,
        );
      return { make: () => leave('3 days', '1 day'), end: () => leave('0 s', '-1 day') };
    },
  },
  {
    cause: 'a database that cannot be reached',
    alerts: {
      TetcoreAnalyticsDatabaseTrouble: { severity: 'warning', kind: 'unreachable' },
      TetcoreAnalyticsNothingStored: { severity: 'critical' },
      TetcoreAnalyticsQueueFilling: { severity: 'warning' },
      TetcoreAnalyticsJournalFilling: { severity: 'warning' },
      TetcoreAnalyticsJournalNearlyFull: { severity: 'critical' },
      TetcoreAnalyticsNodesHeldBack: { severity: 'critical' },
    },
    begin: async (stage) => {
      const { url } = await stage.database();
      const proxy = stage.ends.add(await PostgresProxy.start(url));
      const server = await stage.server({ DATABASE_URL: proxy.url });
      return {
        make: async () => {
          proxy.freeze();
          await fill(server, 'tetcore_sockets_paused', 1);
        },
        end: () => proxy.thaw(),
      };
    },
  },
  {
    cause: 'a database that is read-only',
    alerts: {
      TetcoreAnalyticsDatabaseTrouble: { severity: 'warning', kind: 'read_only' },
      TetcoreAnalyticsNothingStored: { severity: 'critical' },
      TetcoreAnalyticsBatchRetries: { severity: 'warning' },
      TetcoreAnalyticsPurgeFailing: { severity: 'warning' },
    },
    begin: async (stage) => {
      const database = await stage.database();
      await withMessages(stage, database);
      return {
        make: () =>
          asAdministrator(database, (name) => [
            `ALTER DATABASE ${name} SET default_transaction_read_only = on`,
            endSessions(name),
          ]),
        end: () =>
          asAdministrator(database, (name) => [
            `ALTER DATABASE ${name} RESET default_transaction_read_only`,
            endSessions(name),
          ]),
      };
    },
  },
  {
    cause: 'a database that was dropped, until it is made anew',
    alerts: { TetcoreAnalyticsDatabaseTrouble: { severity: 'warning', kind: 'no_database' } },
    begin: async (stage) => {
      const database = await stage.database();
      await withMessages(stage, database);
      return {
        make: () => asAdministrator(database, (name) => [`DROP DATABASE ${name} WITH (FORCE)`]),
        end: () =>
          asAdministrator(database, (name) => [`CREATE DATABASE ${name} ENCODING 'UTF8' TEMPLATE template0`]),
      };
    },
  },
  {
    cause: 'a database that is slow, as somebody locks its tables again and again',
    alerts: { TetcoreAnalyticsStoreLag: { severity: 'warning' } },
    begin: async (stage) => {
      const database = await stage.database();
      await withMessages(stage, database);
      let locking: Repeated | undefined;
      return {
        make: () => {
          locking = stage.repeat(500, () =>
            onDatabase(database.url, async (client) => {
              await client.query('BEGIN; LOCK TABLE logs_expiring');
              await client.query('SELECT pg_sleep($1)', [SLOW_MS / 1000]);
              await client.query('COMMIT');
            }),
          );
        },
        end: () => locking?.stop(),
      };
    },
  },
];
