import { rm } from 'node:fs/promises';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { describe, expect, it } from 'vitest';
import { type Check, type Database, ok, runChecks } from '../../src/cli/doctor/check.js';
import {
  autovacuum,
  clock,
  clockFinding,
  databaseChecks,
  databaseDisk,
  databaseVersion,
  diskFinding,
  durability,
  encryption,
  migrations,
  permissions,
} from '../../src/cli/doctor/database-checks.js';
import { machineChecks } from '../../src/cli/doctor/machine-checks.js';
import {
  connections,
  connectionsFinding,
  lastPurge,
  lastPurgeFinding,
  partitionFindings,
  partitions,
  schema,
  schemaChecks,
  servers,
} from '../../src/cli/doctor/schema-checks.js';
import { runDatabaseChecks } from '../../src/cli/doctor/run-database-checks.js';
import { readSettings } from '../../src/platform/config/index.js';
import { dataSourceOptions, readClocks, SystemClock } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { databaseNamed, onDatabase } from '../support/on-database.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';

const HOUR = 3_600_000;
const MIB = 1024 ** 2;

/** The findings of a check, as `level: message`. */
async function findingsOf<Subject>(check: Check<Subject>, subject: Subject): Promise<string[]> {
  return (await runChecks([check], subject)).map(({ level, message }) => `${level}: ${message}`);
}

/** A clock with an offset. */
class OffsetClock extends SystemClock {
  constructor(private readonly offsetMs: number) {
    super();
  }

  override wallMs(): number {
    return super.wallMs() + this.offsetMs;
  }
}

/** A database as checks see it. */
async function connected<T>(
  url: string,
  work: (database: Database) => Promise<T>,
  environment: Record<string, string> = {},
): Promise<T> {
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    await using runner = dataSource.createQueryRunner();
    const client = (await runner.connect()) as ClientBase;
    const settings = readSettings({ DB_POOL_SIZE: '2', ...environment });
    return await work({ settings, url, cluster: undefined, client, dataSource, replicas: undefined });
  } finally {
    await dataSource.destroy();
  }
}

describe('doctor', () => {
  it('continues after a failed check; names of checks are unique', async () => {
    const failing: Check<object> = { name: 'fails', run: () => Promise.reject(new Error('no luck')) };
    const good: Check<object> = { name: 'good', run: () => ok('Fine.') };
    expect(await runChecks([failing, good], {})).toMatchObject([
      { check: 'fails', level: 'warning', message: 'Check failed: Error: no luck' },
      { check: 'good', level: 'ok', message: 'Fine.' },
    ]);
    const names = [...machineChecks, ...databaseChecks, schema, ...schemaChecks].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('doctor with checks that do not return', { timeout: 60_000 }, () => {
  const stuck: Check<object> = { name: 'stuck', run: () => new Promise(() => undefined) };
  const good: Check<object> = { name: 'good', run: () => ok('Fine.') };

  it('limits the time of a machine check, and continues with the next', async () => {
    expect(await runChecks([stuck, good], {}, 20)).toMatchObject([
      { check: 'stuck', level: 'problem', message: 'Check failed: no result within 0.02 s.' },
      { check: 'good', level: 'ok' },
    ]);
  });

  it('skips further checks of a database that does not respond, and keeps earlier findings', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    proxy.when('synchronous_commit', 'freeze');
    const found = await runDatabaseChecks(readSettings({ DATABASE_URL: proxy.url }), undefined, 1_000);
    expect(found.map(({ check, level }) => `${check}: ${level}`)).toEqual([
      'database: ok',
      'PostgreSQL: ok',
      'encryption: ok',
      'clock: ok',
      'durability: problem',
      'skipped: warning',
    ]);
    expect(found.at(-1)?.message).toBe(
      'Skipped, because the database does not respond: autovacuum, database disk, permissions, writes, migrations, schema, servers, connections, partitions, last purge.',
    );
  });

  it('limits the time to connect to a database that does not respond', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const DATABASE_URL = `postgres://u@127.0.0.1:${port}/x`;
    expect(await runDatabaseChecks(readSettings({ DATABASE_URL }), undefined, 500)).toMatchObject([
      {
        level: 'problem',
        message: `127.0.0.1:${port} cannot be reached from this machine, or does not respond.`,
      },
    ]);
    silent.close();
  });
});

describe('doctor on a database', () => {
  it('finds no problems with the database of a server', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    expect(server.server.port).toBeGreaterThan(0);
    const findings = await connected(database.url, async (subject) => [
      ...(await runChecks(databaseChecks, subject)),
      ...(await runChecks(schemaChecks, subject)),
    ]);
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(findings.length).toBeGreaterThan(10);
  });

  it('rejects a database that is not UTF-8 or has the 0.1.4 schema', async () => {
    await using database = TestDatabase.missing();
    const name = new URL(database.url).pathname.slice(1);
    await onDatabase(databaseNamed(database.url, 'postgres'), (client) =>
      client.query(
        `CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`,
      ),
    );
    await connected(database.url, async (subject) => {
      expect(await findingsOf(databaseVersion, subject)).toEqual([
        'problem: The database is encoded in SQL_ASCII; UTF8 is required.',
      ]);
    });
    await using old = await TestDatabase.create();
    await old.query(
      'DROP TABLE peer_connections CASCADE; CREATE TABLE peer_connections (id serial PRIMARY KEY)',
    );
    await connected(old.url, async (subject) => {
      expect((await findingsOf(databaseVersion, subject))[0]).toMatch(
        /^problem: The database has the schema of version 0\.1\.4\.$/,
      );
    });
    await using good = await TestDatabase.create();
    await connected(good.url, async (subject) => {
      expect((await findingsOf(databaseVersion, subject))[0]).toMatch(
        /^ok: The database is PostgreSQL \d+\.\d+.*, in UTF-8\.$/,
      );
    });
  });

  it('warns about an unencrypted connection to another machine', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect(await findingsOf(encryption, subject)).toEqual(['ok: The database is on this machine.']);
      const elsewhere = { ...subject, url: 'postgres://u:hunter2@db.example/x' };
      expect(await findingsOf(encryption, elsewhere)).toEqual([
        'warning: The connection to db.example is not encrypted.',
      ]);
      const socket = { ...subject, url: 'postgres:///x?host=/var/run/postgresql' };
      expect(await findingsOf(encryption, socket)).toEqual(['ok: The database is on this machine.']);
    });
  });

  it('warns at 5 s and reports a problem at 90 s of clock offset', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect((await findingsOf(clock, subject))[0]).toMatch(/^ok: /);
      const finding = async (offsetMs: number) =>
        clockFinding((await readClocks(subject.client, new OffsetClock(offsetMs))).offset);
      const behind = await finding(-5_000);
      expect(behind.level).toBe('warning');
      expect(behind.message).toMatch(
        /^The clock of the database is [45]\.\d s ahead of the clock of this machine\.$/,
      );
      const ahead = await finding(90_000);
      expect(ahead.level).toBe('problem');
      expect(ahead.message).toMatch(
        / (89|90)\.\d s behind the clock of this machine\. Servers do not purge with this difference\.$/,
      );
    });
  });

  it('warns if commits can be lost', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect(await findingsOf(durability, subject)).toEqual(['ok: The database flushes commits to disk.']);
    });
    await database.query(
      `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET synchronous_commit = off`,
    );
    await connected(database.url, async (subject) => {
      expect((await findingsOf(durability, subject))[0]).toMatch(/^warning: synchronous_commit is off/);
    });
  });

  it('warns if fsync or autovacuum is off', { timeout: 60_000 }, async () => {
    await using postgres = await FaultyPostgres.start();
    const url = databaseNamed(postgres.url, 'postgres');
    await onDatabase(url, async (client) => {
      for (const name of ['fsync', 'full_page_writes', 'autovacuum', 'track_counts']) {
        await client.query(`ALTER SYSTEM SET ${name} = off`);
      }
    });
    await postgres.stop('fast');
    await postgres.startAgain();
    await connected(url, async (subject) => {
      expect((await findingsOf(durability, subject)).map((text) => text.split(':')[1])).toEqual([
        ' fsync is off',
        ' full_page_writes is off',
      ]);
      expect(await findingsOf(autovacuum, subject)).toEqual(
        ['autovacuum', 'track_counts'].map(
          (name) => `warning: ${name} is off: tables grow, and queries become slow.`,
        ),
      );
    });
  });

  it('checks the disk of the embedded database only', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect((await findingsOf(databaseDisk, subject))[0]).toMatch(/^ok: .* cannot be checked from here/);
      const directory = await tempDir('doctor');
      const own = await findingsOf(databaseDisk, { ...subject, cluster: directory });
      expect(own[0]).toContain(`The disk of the database in ${directory} has `);
      await rm(directory, { recursive: true });
    });
    expect(diskFinding(100 * MIB, '/x').level).toBe('problem');
    expect(diskFinding(2000 * MIB, '/x').level).toBe('warning');
    expect(diskFinding(3000 * MIB, '/x').level).toBe('ok');
  });

  it('finds missing privileges', async () => {
    await using database = await TestDatabase.create();
    const role = `doctor_${process.pid}`;
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'doctor'];
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'doctor'`);
    const as = () => connected(url.href, (subject) => findingsOf(permissions, subject));
    try {
      expect(await as()).toEqual([
        `problem: ${role} cannot create tables in the schema public, so migrations and new partitions fail.`,
      ]);
      await database.query(`GRANT CREATE ON SCHEMA public TO ${role}`);
      expect((await as())[0]).toMatch(
        /^problem: doctor_\d+ does not own benchmark_events, .*logs_expiring.*, so/,
      );
      await database.query(`ALTER ROLE ${role} SET search_path = nowhere`);
      expect(await as()).toEqual([`problem: The search_path of ${role} has no existing schema.`]);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
    expect((await connected(database.url, (subject) => findingsOf(permissions, subject)))[0]).toMatch(
      /^ok: /,
    );
  });

  it('keeps its findings if the user cannot read the migrations', async () => {
    await using database = await TestDatabase.create();
    const role = `doctor_low_${process.pid}`;
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'doctor'];
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'doctor'`);
    try {
      const found = await runDatabaseChecks(readSettings({ DATABASE_URL: url.href }), undefined);
      const of = (name: string) => found.find(({ check }) => check === name)?.message;
      expect(of('database')).toBe('Connected to the database.');
      expect(of('permissions')).toContain(`${role} cannot create tables`);
      expect(of('migrations')).toContain('permission denied for table schema_migrations');
      expect(of('skipped')).toBe(
        'Skipped, because they need all migrations: schema, servers, connections, partitions, last purge.',
      );
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('finds pending and unknown migrations', async () => {
    await using database = await TestDatabase.create();
    const found = (MIGRATE_ON_START: string) =>
      connected(database.url, (subject) => findingsOf(migrations, subject), { MIGRATE_ON_START });
    expect(await found('true')).toEqual(['ok: The schema is up to date.']);
    await database.query(`INSERT INTO schema_migrations (timestamp, name) VALUES (1, 'FromTheFuture1')`);
    expect(await found('true')).toEqual([
      'warning: The database has migrations that are unknown to this version: FromTheFuture1.',
    ]);
    // An unknown migration does not hide a pending one.
    await database.query("DELETE FROM schema_migrations WHERE name LIKE 'KeepMessages%'");
    const both = await found('false');
    expect(both[0]).toMatch(/^warning: .* unknown to this version: FromTheFuture1\.$/);
    expect(both[1]).toMatch(/^problem: Pending migrations: KeepMessages\d+\.$/);
    await database.query('DELETE FROM schema_migrations');
    expect((await found('true'))[0]).toMatch(/^problem: The database has tables of the server /);
    await database.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    expect((await found('true'))[0]).toMatch(/^warning: Pending migrations: KeepMessages\d+, /);
    expect((await found('false'))[0]).toMatch(/^problem: Pending migrations: /);
  });

  it('lists running servers, and warns about different versions', async () => {
    await using database = await TestDatabase.create();
    const add = (version: string, age: string) =>
      database.query(
        `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
         VALUES ((SELECT count(*) FROM collectors), $1, 'host', $2, now() - $3::interval, now() - $3::interval)`,
        [uuid(), version, age],
      );
    const found = () => connected(database.url, (subject) => findingsOf(servers, subject));
    expect(await found()).toEqual([
      'ok: No server has sent a heartbeat to the database within the last minute.',
    ]);
    await add('0.1.0', '2 minutes');
    await add('0.2.0', '20 seconds');
    expect(await found()).toEqual(['ok: Servers with a heartbeat within the last minute: host (0.2.0).']);
    await add('0.3.0', '10 seconds');
    expect(await found()).toEqual([
      'warning: Servers of different versions use the database: host (0.2.0), host (0.3.0).',
    ]);
  });

  it('compares the connections of all servers with the limit of the database', async () => {
    expect(connectionsFinding(1, 13, 97).level).toBe('ok');
    expect(connectionsFinding(3, 13, 97).level).toBe('warning');
    expect(connectionsFinding(4, 13, 97)).toMatchObject({
      level: 'problem',
      message:
        'The database allows 97 connections, and 4 servers may need 120: DB_POOL_SIZE (13) + 12 readers + 5 others each.',
    });
    await using database = await TestDatabase.create();
    const found = (replicas: number, pool: string) =>
      connected(database.url, (subject) => findingsOf(connections, { ...subject, replicas }), {
        DB_POOL_SIZE: pool,
      });
    expect((await found(1, '2'))[0]).toMatch(
      /^ok: The database allows \d+ connections, and one server may need 19: DB_POOL_SIZE \(2\) \+ 12 readers \+ 5 others\.$/,
    );
    expect((await found(9, '1000'))[0]).toMatch(/^problem: .* 9 servers may need 9153: .*\.$/);
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} CONNECTION LIMIT 13`);
    expect((await found(1, '2'))[0]).toMatch(/^problem: The database allows 13 connections, /);
  });

  it('warns if the last purge is overdue', async () => {
    await using database = await TestDatabase.create();
    const found = () =>
      connected(database.url, (subject) => findingsOf(lastPurge, subject), { PURGE_INTERVAL_S: '600' });
    await database.query("UPDATE purge_state SET succeeded_at = now() - interval '3 hours'");
    expect((await found())[0]).toMatch(
      /^ok: Last purge or database creation: 3 h ago\. No server is running\.$/,
    );
    await database.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
       VALUES (1, $1, 'h', 'v', now(), now())`,
      [uuid()],
    );
    expect((await found())[0]).toMatch(/^warning: .* 3 h ago, but PURGE_INTERVAL_S is 600\.$/);
    await database.query('UPDATE purge_state SET succeeded_at = now()');
    expect((await found())[0]).toMatch(/^ok: Last purge or database creation: \d s ago\.$/);
    const settings = readSettings({ PURGE_INTERVAL_S: '600' });
    expect(lastPurgeFinding(2_400, settings).level).toBe('ok');
    expect(lastPurgeFinding(2_401, settings).level).toBe('warning');
  });

  it('finds missing, expired and unexpected partitions', async () => {
    await using database = await TestDatabase.create();
    const environment = { LOG_EXPIRY_H: '48' };
    const found = () => connected(database.url, (subject) => findingsOf(partitions, subject), environment);
    const missing = (table: string) => `${table} is missing partitions for today or tomorrow.`;
    expect(await found()).toEqual([
      `warning: ${missing('logs_expiring')}`,
      `warning: ${missing('logs_audit')}`,
    ]);
    await database.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
       VALUES (1, $1, 'h', 'v', now(), now())`,
      [uuid()],
    );
    expect(await found()).toEqual([
      `problem: ${missing('logs_expiring')}`,
      `problem: ${missing('logs_audit')}`,
    ]);

    await using storage = new TestStorage(database.url, { environment });
    await storage.partitions.ensureAhead(Date.now());
    expect((await found()).map((text) => text.replace(/\d+/, 'N'))).toEqual([
      'ok: logs_expiring has all expected partitions (N).',
      'ok: logs_audit has all expected partitions (N).',
    ]);

    const old = Date.now() - 60 * HOUR;
    await storage.partitions.ensure('logs_expiring', old, old + HOUR);
    expect((await found())[0]).toMatch(
      /^warning: 2 expired partitions of logs_expiring have not been dropped: from logs_expiring_\d+ to logs_expiring_\d+\.$/,
    );

    await database.query('CREATE TABLE odd PARTITION OF logs_audit DEFAULT');
    expect((await found()).at(-1)).toBe(
      'warning: logs_audit has an unexpected default partition, odd. It is empty.',
    );
    await database.query(
      `INSERT INTO logs_audit (created_at, received_at, collector, peer_connection_id, type, logs)
       VALUES ('2001-01-01', now(), 1, 1::bigint << 32, 1, '{}')`,
    );
    expect((await found()).at(-1)).toBe(
      'problem: The default partition odd of logs_audit has rows, which never expire.',
    );

    const settings = readSettings({});
    const hours = Array.from({ length: 1001 }, (_, hour) => ({
      name: `p${hour}`,
      from: hour * HOUR,
      to: (hour + 1) * HOUR,
    }));
    expect(partitionFindings('logs_audit', hours, settings, 10 * HOUR, true)).toMatchObject([
      { level: 'warning', message: expect.stringContaining('has 1001 partitions') as string },
    ]);
  });
});
