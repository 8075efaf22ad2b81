import { describe, expect, it } from 'vitest';
import { runChecks } from '../../src/cli/doctor/check.js';
import { proxies, thisMachine } from '../../src/cli/doctor/machine-checks.js';
import { queue, queueFinding } from '../../src/cli/doctor/queue-check.js';
import { runDatabaseChecks } from '../../src/cli/doctor/run-database-checks.js';
import { PACKAGE_VERSION, readSettings } from '../../src/platform/config/index.js';
import { migrateDatabase, SharedSessionsError } from '../../src/storage/index.js';
import { commandLine } from '../support/command-line.js';
import { TestDatabase } from '../support/databases.js';
import { databaseNamed, onDatabase } from '../support/on-database.js';
import { TestServer } from '../support/test-server.js';
import { TransactionPooler } from '../support/transaction-pooler.js';

const INCOMPLETE =
  'If a backup was restored, restore it again into an empty database, and check the output for errors.';
/** No server has run on the database. */
const NO_PARTITIONS = /^warning: logs_(expiring|audit) is missing partitions for today or tomorrow\./;

async function doctor(url: string): Promise<string[]> {
  const settings = readSettings({ DATABASE_URL: url, DB_POOL_SIZE: '2' });
  return (await runDatabaseChecks(settings, undefined))
    .filter(({ level }) => level !== 'ok')
    .map(({ level, message, advice }) => `${level}: ${message} → ${advice ?? ''}`)
    .filter((finding) => !NO_PARTITIONS.test(finding) && !finding.startsWith('warning: Skipped'));
}

interface Situation {
  name: string;
  /** Statements that break a database. `DB` is its name. */
  sql: string;
  findings: (string | RegExp)[];
  /** The error of migrations, with which a server does not start. */
  refused?: RegExp;
}

const SITUATIONS: Situation[] = [
  {
    name: 'without writes by a setting of the database',
    sql: 'ALTER DATABASE DB SET default_transaction_read_only = on',
    findings: [
      /^problem: The database is read-only: default_transaction_read_only is on\. → Run: ALTER DATABASE \w+ RESET default_transaction_read_only\.$/,
    ],
  },
  {
    name: 'restored without its migrations',
    sql: 'DROP TABLE schema_migrations',
    findings: [
      /^problem: The database has tables of the server \(.*, and \d+ more\), but none of its migrations in schema_migrations\. → If a backup/,
    ],
    refused: /^The database has tables of the server \(/,
  },
  {
    name: 'restored with a part of its migrations',
    sql: "DELETE FROM schema_migrations WHERE name LIKE 'KeepHistory%'",
    findings: [/^warning: Pending migrations: KeepHistory\d+\. → The server applies them when it starts\.$/],
    refused:
      /^The database has something that a pending migration creates: .*observer_gaps.* already exists\. If a backup/,
  },
  {
    name: 'restored without a table',
    sql: 'DROP TABLE observer_gaps',
    findings: [
      `problem: The schema is incomplete: table observer_gaps is missing, index observer_gaps_pkey is missing or invalid. → ${INCOMPLETE}`,
    ],
  },
  {
    name: 'restored without a column',
    sql: 'ALTER TABLE nodes DROP COLUMN heard',
    findings: [`problem: The schema is incomplete: nodes has no column heard. → ${INCOMPLETE}`],
  },
  {
    name: 'restored without a primary key',
    sql: 'ALTER TABLE ingest_batches DROP CONSTRAINT ingest_batches_pkey',
    findings: [
      `problem: The schema is incomplete: index ingest_batches_pkey is missing or invalid. → ${INCOMPLETE}`,
    ],
  },
  {
    name: 'restored without an index',
    sql: 'DROP INDEX peer_connections_open',
    findings: [
      'warning: Indexes are missing or invalid, so queries and purges are slow: peer_connections_open. → Create them as in src/migrations, or repair them with REINDEX INDEX CONCURRENTLY.',
    ],
  },
  {
    name: 'of another program',
    sql: 'DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE nodes (id serial PRIMARY KEY, title text)',
    findings: [
      'problem: The database has tables of another program, with the names of tables of the server (nodes). → Set DATABASE_URL to a new database, which is created if it is missing, or to another schema with ?options=-csearch_path%3DNAME.',
    ],
    refused: /^The database has tables of another program, .*\(nodes\)/,
  },
  {
    name: 'of version 0.1.4',
    sql: 'DROP SCHEMA public CASCADE; CREATE SCHEMA public; CREATE TABLE peer_connections (id serial PRIMARY KEY)',
    findings: [
      /^problem: The database has the schema of version 0\.1\.4\. → Set DATABASE_URL to a new one, .* import this one/,
      /^problem: The database has tables of another program, .*\(peer_connections\)\. → /,
    ],
    refused: /^The database has the schema of version 0\.1\.4\. Set DATABASE_URL to a new one/,
  },
  {
    name: 'of a later version',
    sql: `COMMENT ON TABLE schema_migrations IS '{"version":"9.0.0","newest":9000000000000,"compatibleSince":9000000000000}'`,
    findings: [
      `problem: The database has the schema of version 9.0.0, on which this version ${PACKAGE_VERSION} cannot run. → Run version 9.0.0, or restore a backup from before the upgrade: docs/operations.md#upgrading.`,
    ],
    refused:
      /^The database has the schema of version 9\.0\.0, on which this version .* cannot run\. Run version 9\.0\.0/,
  },
  {
    name: 'of a later version that is compatible',
    sql: `COMMENT ON TABLE schema_migrations IS '{"version":"9.0.0","newest":9000000000000,"compatibleSince":1764300000000}';
          INSERT INTO schema_migrations (timestamp, name) VALUES (9000000000000, 'AddTable9000000000000')`,
    findings: [
      'warning: The database has the schema of version 9.0.0, which is compatible with this version. → Upgrade this server to version 9.0.0.',
    ],
  },
  {
    name: 'with migrations of a team, and a comment of an operator',
    sql: `COMMENT ON TABLE schema_migrations IS 'ask Eve'; INSERT INTO schema_migrations (timestamp, name) VALUES (1, 'OurOwn1')`,
    findings: [/^warning: The database has migrations that are unknown to this version: OurOwn1\. → /],
  },
  {
    name: 'with Citus',
    sql: `INSERT INTO pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
          SELECT 99999, 'citus', 10, 'public'::regnamespace, false, '13'`,
    findings: [
      'problem: The database has the extension Citus, on which this version does not run. → Set DATABASE_URL to a database without Citus.',
    ],
  },
  {
    name: 'with few connections',
    sql: 'ALTER DATABASE DB CONNECTION LIMIT 20',
    findings: [
      'warning: The database allows 20 connections, and one server may need 19: DB_POOL_SIZE (2) + 12 readers + 5 others. That is more than 80 %. → Raise max_connections of the database, or lower DB_POOL_SIZE.',
    ],
  },
  {
    name: 'that rejects new tables',
    sql: `CREATE FUNCTION reject() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'frozen until Monday'; END $$;
          CREATE EVENT TRIGGER reject ON ddl_command_start WHEN tag IN ('CREATE TABLE AS') EXECUTE FUNCTION reject()`,
    findings: [
      'problem: A trial write failed: frozen until Monday. → Correct the cause. The log of PostgreSQL has the details.',
    ],
  },
];

describe('doctor on a database', { timeout: 60_000 }, () => {
  it.each(SITUATIONS)('$name reports the cause and what to do', async ({ sql, findings, refused }) => {
    await using database = await TestDatabase.create();
    const name = new URL(database.url).pathname.slice(1);
    await database.query(sql.replace('DATABASE DB', `DATABASE ${name}`));
    const found = await doctor(database.url);
    expect(found).toHaveLength(findings.length);
    for (const [index, finding] of findings.entries()) {
      if (typeof finding === 'string') expect(found[index]).toBe(finding);
      else expect(found[index]).toMatch(finding);
    }
    if (refused !== undefined) await expect(migrateDatabase(database.url)).rejects.toThrow(refused);
  });

  it('without a primary key is refused by a server', async () => {
    await using database = await TestDatabase.create();
    await database.query('ALTER TABLE ingest_batches DROP CONSTRAINT ingest_batches_pkey');
    const server = await TestServer.start(database.url);
    await expect(server.server.ready).rejects.toThrow(
      'The database has tables of another version: index ingest_batches_pkey is missing or invalid.',
    );
    await server[Symbol.asyncDispose]();
  });

  it('reports nothing on a good one, and prints JSON', async () => {
    await using database = await TestDatabase.create();
    expect(await doctor(database.url)).toEqual([]);
    await onDatabase(databaseNamed(database.url, 'postgres'), (client) =>
      client.query(
        `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET default_transaction_read_only = on`,
      ),
    );
    const { code, stdout } = await commandLine(['doctor', '--json'], { DATABASE_URL: database.url });
    expect(code).toBe(1);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; level: string }[] };
    expect(findings).toContainEqual({
      check: 'writes',
      level: 'problem',
      message: 'The database is read-only: default_transaction_read_only is on.',
      advice: expect.stringMatching(/^Run: ALTER DATABASE /) as string,
    });
  });

  it('reports the queue and the proxies of a running server', async () => {
    await using database = await TestDatabase.create();
    const ready = { status: 'ready' };
    expect(queueFinding(1, 100, ready)).toMatchObject({ level: 'warning' });
    await using server = await TestServer.ready(database.url);
    const settings = readSettings({ HOST: '127.0.0.1', PORT: server.server.port.toString() });
    expect(await runChecks([proxies], thisMachine(settings))).toMatchObject([
      { level: 'ok', message: 'The running server has ignored no address header.' },
    ]);
    const queueOf = async () =>
      (await runChecks([queue], thisMachine(settings))).map(({ message }) => message);
    expect(await queueOf()).toEqual([
      `The server on port ${server.server.port} stores messages; 0 batches are queued.`,
    ]);
    await database.query('ALTER TABLE observer_gaps RENAME TO gone');
    await expect
      .poll(async () => ((await (await server.get('/health/ready')).json()) as { status: string }).status)
      .toBe('degraded');
    expect(await queueOf()).toEqual([
      `The server on port ${server.server.port} does not store messages: Tables are missing in the database. 0 batches are queued.`,
    ]);
    await database.query('ALTER TABLE gone RENAME TO observer_gaps');
  });
});

describe('a pooler', { timeout: 60_000 }, () => {
  const cause =
    'The database is behind a pooler in transaction or statement mode, but the server needs sessions of its own for locks and settings.';

  it.each(['last', 'first'] as const)(
    'that gives each transaction the connection that was released %s is noticed before it gets a lock',
    async (next) => {
      await using database = await TestDatabase.create();
      await using pooler = await TransactionPooler.start(database.url, { mode: 'transaction', next });
      expect(await doctor(pooler.url)).toEqual([
        `problem: ${cause} → Set pool_mode = session for this database in PgBouncer, or connect to PostgreSQL directly.`,
      ]);
      await expect(migrateDatabase(pooler.url)).rejects.toThrow(SharedSessionsError);
      // Nothing was left in the sessions that others use.
      const locks = await database.query(
        "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
      );
      expect(locks).toEqual([]);
    },
  );

  it('that shares sessions ends the start', async () => {
    await using database = await TestDatabase.create();
    await using pooler = await TransactionPooler.start(database.url, { mode: 'transaction' });
    const server = await TestServer.start(pooler.url);
    await expect(server.server.ready).rejects.toThrow(cause);
    await server[Symbol.asyncDispose]();
  });

  it('that gives each client a connection is used', async () => {
    await using database = await TestDatabase.create();
    await using pooler = await TransactionPooler.start(database.url, { mode: 'session' });
    expect(await doctor(pooler.url)).toEqual([]);
    await using server = await TestServer.ready(pooler.url);
    expect((await server.get('/stats/db')).status).toBe(200);
  });
});
