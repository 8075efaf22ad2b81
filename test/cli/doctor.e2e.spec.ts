import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { v7 as uuid } from 'uuid';
import { describe, expect, it } from 'vitest';
import { type Check, type Database, examine } from '../../src/cli/doctor/check.js';
import { databaseChecks, machineChecks, schemaChecks } from '../../src/cli/doctor/checks.js';
import { access } from '../../src/cli/doctor/checks/access.js';
import { autovacuum } from '../../src/cli/doctor/checks/autovacuum.js';
import { clock, clockFinding } from '../../src/cli/doctor/checks/clock.js';
import { connections, connectionsFinding } from '../../src/cli/doctor/checks/connections.js';
import { dataDir, spaceFinding } from '../../src/cli/doctor/checks/data-dir.js';
import { databaseDisk, diskFinding } from '../../src/cli/doctor/checks/database-disk.js';
import { databaseVersion } from '../../src/cli/doctor/checks/database-version.js';
import { durability } from '../../src/cli/doctor/checks/durability.js';
import { encryption } from '../../src/cli/doctor/checks/encryption.js';
import { journals } from '../../src/cli/doctor/checks/journals.js';
import { lastPurge, lastPurgeFinding } from '../../src/cli/doctor/checks/last-purge.js';
import { migrations } from '../../src/cli/doctor/checks/migrations.js';
import { openFiles, openFilesFinding } from '../../src/cli/doctor/checks/open-files.js';
import { partitionFindings, partitions } from '../../src/cli/doctor/checks/partitions.js';
import { permissions } from '../../src/cli/doctor/checks/permissions.js';
import { ports } from '../../src/cli/doctor/checks/ports.js';
import { servers } from '../../src/cli/doctor/checks/servers.js';
import { findingsOf } from '../../src/cli/doctor/checks/settings.js';
import { examineDatabase } from '../../src/cli/doctor/examine-database.js';
import { ok } from '../../src/cli/doctor/finding.js';
import { readSettings } from '../../src/platform/config/index.js';
import { Journal } from '../../src/delivery/journal/index.js';
import { dataSourceOptions, readClocks, SystemClock } from '../../src/storage/index.js';
import { batch, row } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { freePort } from '../support/free-port.js';
import { databaseNamed, onDatabase } from '../support/on-database.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';

const HOUR = 3_600_000;
const MIB = 1024 ** 2;

/** What a check says, as `level: message`. */
async function said<Subject>(check: Check<Subject>, subject: Subject): Promise<string[]> {
  return (await examine([check], subject)).map(({ level, message }) => `${level}: ${message}`);
}

/** A clock of this machine that is set wrong. */
class ClockAhead extends SystemClock {
  constructor(private readonly aheadMs: number) {
    super();
  }

  override wallMs(): number {
    return super.wallMs() + this.aheadMs;
  }
}

const machine = (environment: Record<string, string>) => ({ settings: readSettings(environment) });

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
  it('goes on when a check fails, and knows each by its own name', async () => {
    const failing: Check<object> = { name: 'fails', look: () => Promise.reject(new Error('no luck')) };
    const good: Check<object> = { name: 'good', look: () => ok('Fine.') };
    expect(await examine([failing, good], {})).toMatchObject([
      { check: 'fails', level: 'warning', message: 'Could not be looked at: Error: no luck' },
      { check: 'good', level: 'ok', message: 'Fine.' },
    ]);
    const names = [...machineChecks, ...databaseChecks, ...schemaChecks].map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });

  it('lists every setting that cannot be used, and names that look like settings', () => {
    expect(findingsOf({ HOME: '/' })).toMatchObject({ findings: [{ level: 'ok' }] });
    const { settings, findings } = findingsOf({ PORT: 'x', DB_BATCH_SIZE: '0', LOG_LEVELS: 'info' });
    expect(settings).toBeUndefined();
    expect(findings.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'problem: PORT is "x", but takes a whole number from 0 to 65535.',
      'problem: DB_BATCH_SIZE is "0", but takes a whole number from 1 to 65536.',
      'warning: There is a variable LOG_LEVELS, which is no setting.',
    ]);
  });
});

describe('doctor, where nothing answers', { timeout: 60_000 }, () => {
  const stuck: Check<object> = { name: 'stuck', look: () => new Promise(() => undefined) };
  const good: Check<object> = { name: 'good', look: () => ok('Fine.') };

  it('waits for a check for some seconds, and goes on with those of the machine', async () => {
    expect(await examine([stuck, good], {}, 20)).toMatchObject([
      { check: 'stuck', level: 'problem', message: 'Could not be looked at: nothing came within 0.02 s.' },
      { check: 'good', level: 'ok' },
    ]);
  });

  it('asks a database that stalls no more, and keeps what it has found', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    proxy.when('synchronous_commit', 'freeze');
    const found = await examineDatabase(readSettings({ DATABASE_URL: proxy.url }), undefined, 1_000);
    expect(found.map(({ check, level }) => `${check}: ${level}`)).toEqual([
      'database: ok',
      'PostgreSQL: ok',
      'encryption: ok',
      'clock: ok',
      'durability: problem',
      'not looked at: warning',
    ]);
    expect(found.at(-1)?.message).toBe(
      'Not looked at, since the database stalls: autovacuum, database disk, permissions, migrations, servers, connections, partitions, last purge.',
    );
  });

  it('gives up a database that takes a connection and says nothing', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const DATABASE_URL = `postgres://u@127.0.0.1:${port}/x`;
    expect(await examineDatabase(readSettings({ DATABASE_URL }), undefined, 500)).toMatchObject([
      { level: 'problem', message: expect.stringMatching(/^The database does not answer: /) as string },
    ]);
    silent.close();
  });
});

describe('doctor on this machine', () => {
  it('looks whether DATA_DIR can be written', async () => {
    const directory = await tempDir('doctor');
    const [written] = await said(dataDir, machine({ DATA_DIR: directory }));
    expect(written).toBe(`ok: ${directory} can be written.`);
    const missing = join(directory, 'a/b');
    const [made] = await said(dataDir, machine({ DATA_DIR: missing }));
    expect(made).toBe(`ok: ${missing} is not there yet; the server makes it.`);
    const file = join(directory, 'file');
    await writeFile(file, '');
    expect(await said(dataDir, machine({ DATA_DIR: file }))).toEqual([`problem: ${file} is no directory.`]);
    await rm(directory, { recursive: true });
  });

  it.skipIf(process.getuid?.() === 0)('says whose DATA_DIR is that cannot be written', async () => {
    const directory = await tempDir('doctor');
    await chmod(directory, 0o500);
    const [found] = await said(dataDir, machine({ DATA_DIR: directory }));
    expect(found).toMatch(
      /^problem: .* belongs to the user with id \d+, and the one with id \d+ may not write/,
    );
    await rm(directory, { recursive: true });
  });

  it('holds the free space against what the journal may take', () => {
    const settings = readSettings({ JOURNAL_MAX_MIB: '1024' });
    expect(spaceFinding(10 * MIB, settings, '/x').level).toBe('problem');
    expect(spaceFinding(1000 * MIB, settings, '/x')).toMatchObject({
      level: 'warning',
      message: expect.stringContaining(
        'has 1000 MiB free, which is less than the journal may take',
      ) as string,
    });
    expect(spaceFinding(1000 * MIB, readSettings({ JOURNAL_MODE: 'off' }), '/x').level).toBe('ok');
    expect(spaceFinding(1025 * MIB, settings, '/x').level).toBe('ok');
  });

  it('finds batches that processes left behind', async () => {
    const directory = await tempDir('doctor');
    const subject = machine({ DATA_DIR: directory });
    const nothing = ['ok: No batches of processes that are gone wait to be stored.'];
    expect(await said(journals, subject)).toEqual(nothing);
    const journal = await Journal.open({
      directory: join(directory, 'journal'),
      maxBytes: MIB,
      onDamage: () => undefined,
      logger: { warn: () => undefined },
    });
    journal.append(batch({ expiring: [row()] }));
    // Those of a process that works are its own.
    expect(await said(journals, subject)).toEqual(nothing);
    await journal.close();
    const [waiting] = await said(journals, subject);
    expect(waiting).toMatch(/^warning: Up to 1 batches \(.* bytes\) of a process that is gone wait in /);
    const foreign = join(directory, 'journal', uuid());
    await mkdir(foreign);
    await writeFile(join(foreign, 'journal.json'), '{"format":99}');
    const [, unknown] = await said(journals, subject);
    expect(unknown).toMatch(/^problem: The journal .* cannot be read: .* has format 99/);
    await rm(directory, { recursive: true });
  });

  it('knows a port that is free from one that is ours, and from one of another program', async () => {
    const port = await freePort();
    const on = (PORT: number, more: Record<string, string> = {}) =>
      said(ports, machine({ HOST: '127.0.0.1', PORT: PORT.toString(), ...more }));
    expect(await on(port)).toEqual([`ok: Port ${port} (PORT) of 127.0.0.1 is free.`]);
    expect(await on(0)).toEqual(['ok: PORT is 0: the server takes a free port.']);
    expect(await on(port, { HOST: '192.0.2.1' })).toEqual([
      'problem: 192.0.2.1 (HOST) is no address of this machine.',
    ]);

    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const ours = server.server.port;
    expect(await on(ours, { METRICS_PORT: port.toString() })).toEqual([
      `ok: Port ${ours} (PORT) of 127.0.0.1 is a server's of ours, which is running.`,
      `ok: Port ${port} (METRICS_PORT) of 127.0.0.1 is free.`,
    ]);

    const other = createHttpServer((_, response) => response.end('{"status":"live"}')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const taken = (other.address() as AddressInfo).port;
    expect(await on(taken)).toEqual([
      `problem: Port ${taken} (PORT) of 127.0.0.1 is taken by another program.`,
    ]);
    other.close();
  });

  it('gives up a program that takes a connection and says nothing', { timeout: 20_000 }, async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const [found] = await said(ports, machine({ HOST: '127.0.0.1', PORT: port.toString() }));
    expect(found).toMatch(/^problem: .* is taken by another program\.$/);
    silent.close();
  });

  it('holds the limit on open files against the connections', async () => {
    const settings = readSettings({ HTTP_MAX_CONNECTIONS: '1000', DB_POOL_SIZE: '10' });
    expect(openFilesFinding(1024, settings).message).toBe(
      'A process started here may open 1024 files, and with HTTP_MAX_CONNECTIONS=1000 it may need 1272. ' +
        'A server takes fewer connections then.',
    );
    expect(openFilesFinding(1024, settings).level).toBe('warning');
    expect(openFilesFinding(1272, settings).level).toBe('ok');
    expect(openFilesFinding(Infinity, settings).level).toBe('ok');
    const [found] = await said(openFiles, machine({ HTTP_MAX_CONNECTIONS: '10', DB_POOL_SIZE: '1' }));
    expect(found).toMatch(/^ok: /);
  });

  it('warns where strangers may read', async () => {
    expect(await said(access, machine({}))).toEqual([
      'warning: Whoever reaches the port may read what is stored: API_TOKENS is not set, and HOST is 0.0.0.0.',
    ]);
    for (const HOST of ['127.0.0.1', 'localhost', '::1']) {
      expect(await said(access, machine({ HOST }))).toEqual([
        `ok: The server listens on ${HOST} alone, so it needs no tokens.`,
      ]);
    }
    expect(await said(access, machine({ API_TOKENS: 'read:0123456789abcdef' }))).toEqual([
      'ok: The HTTP API and the feed ask for a token (1).',
    ]);
  });
});

describe('doctor on a database', () => {
  it('finds nothing wrong with one that a server uses', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    expect(server.server.port).toBeGreaterThan(0);
    const findings = await connected(database.url, async (subject) => [
      ...(await examine(databaseChecks, subject)),
      ...(await examine(schemaChecks, subject)),
    ]);
    expect(findings.filter(({ level }) => level !== 'ok')).toEqual([]);
    expect(findings.length).toBeGreaterThan(10);
  });

  it('knows the version, and refuses another encoding than UTF-8', async () => {
    await using database = TestDatabase.missing();
    const name = new URL(database.url).pathname.slice(1);
    await onDatabase(databaseNamed(database.url, 'postgres'), (client) =>
      client.query(
        `CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0`,
      ),
    );
    await connected(database.url, async (subject) => {
      expect(await said(databaseVersion, subject)).toEqual([
        'problem: The database is encoded in SQL_ASCII; UTF8 is required.',
      ]);
    });
    await using old = await TestDatabase.create();
    await old.query(
      'DROP TABLE peer_connections CASCADE; CREATE TABLE peer_connections (id serial PRIMARY KEY)',
    );
    await connected(old.url, async (subject) => {
      expect((await said(databaseVersion, subject))[0]).toMatch(
        /^problem: The database is one of version 0\.1\.4\. /,
      );
    });
    await using good = await TestDatabase.create();
    await connected(good.url, async (subject) => {
      expect((await said(databaseVersion, subject))[0]).toMatch(
        /^ok: The database is PostgreSQL \d+\.\d+.*, in UTF-8\.$/,
      );
    });
  });

  it('warns of a connection in the open to another machine', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect(await said(encryption, subject)).toEqual(['ok: The database is on this machine.']);
      const elsewhere = { ...subject, url: 'postgres://u:hunter2@db.example/x' };
      expect(await said(encryption, elsewhere)).toEqual([
        'warning: The connection to db.example is not encrypted.',
      ]);
      const socket = { ...subject, url: 'postgres:///x?host=/var/run/postgresql' };
      expect(await said(encryption, socket)).toEqual(['ok: The database is on this machine.']);
    });
  });

  it('compares the clocks', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect((await said(clock, subject))[0]).toMatch(/^ok: /);
      const finding = async (aheadMs: number) =>
        clockFinding((await readClocks(subject.client, new ClockAhead(aheadMs))).offset);
      const behind = await finding(-5_000);
      expect(behind.level).toBe('warning');
      expect(behind.message).toMatch(/^The clock of the database is [45]\.\d s ahead of ours\.$/);
      const ahead = await finding(90_000);
      expect(ahead.level).toBe('problem');
      expect(ahead.message).toMatch(/ (89|90)\.\d s behind ours\. No server with such a clock purges\.$/);
    });
  });

  it('warns where what is committed may be lost', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect(await said(durability, subject)).toEqual([
        'ok: The database writes what it commits to its disk.',
      ]);
    });
    await database.query(
      `ALTER DATABASE ${new URL(database.url).pathname.slice(1)} SET synchronous_commit = off`,
    );
    await connected(database.url, async (subject) => {
      expect((await said(durability, subject))[0]).toMatch(
        /^warning: The database has synchronous_commit off/,
      );
    });
  });

  it('warns of fsync and autovacuum that are off', { timeout: 60_000 }, async () => {
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
      expect((await said(durability, subject)).map((text) => text.split(':')[1])).toEqual([
        ' The database has fsync off',
        ' The database has full_page_writes off',
      ]);
      expect(await said(autovacuum, subject)).toEqual(
        ['autovacuum', 'track_counts'].map(
          (name) => `warning: The database has ${name} off: tables grow, and questions become slow.`,
        ),
      );
    });
  });

  it('looks at the disk of its own database, and says that it cannot see that of another', async () => {
    await using database = await TestDatabase.create();
    await connected(database.url, async (subject) => {
      expect((await said(databaseDisk, subject))[0]).toMatch(/^ok: .* cannot be seen from here/);
      const directory = await tempDir('doctor');
      const own = await said(databaseDisk, { ...subject, cluster: directory });
      expect(own[0]).toContain(`The disk of the database in ${directory} has `);
      await rm(directory, { recursive: true });
    });
    expect(diskFinding(100 * MIB, '/x').level).toBe('problem');
    expect(diskFinding(2000 * MIB, '/x').level).toBe('warning');
    expect(diskFinding(3000 * MIB, '/x').level).toBe('ok');
  });

  it('finds what a role may not do', async () => {
    await using database = await TestDatabase.create();
    const role = `doctor_${process.pid}`;
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'doctor'];
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'doctor'`);
    const as = () => connected(url.href, (subject) => said(permissions, subject));
    try {
      expect(await as()).toEqual([
        `problem: ${role} may not create tables in the schema public, so neither migrations nor partitions can be made.`,
      ]);
      await database.query(`GRANT CREATE ON SCHEMA public TO ${role}`);
      expect((await as())[0]).toMatch(
        /^problem: doctor_\d+ does not own benchmark_events, .*logs_expiring.*, so/,
      );
      await database.query(`ALTER ROLE ${role} SET search_path = nowhere`);
      expect(await as()).toEqual([`problem: No schema of the search_path is there for ${role}.`]);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
    expect((await connected(database.url, (subject) => said(permissions, subject)))[0]).toMatch(/^ok: /);
  });

  it('keeps what it has found where the user may not read which migrations were applied', async () => {
    await using database = await TestDatabase.create();
    const role = `doctor_low_${process.pid}`;
    const url = new URL(database.url);
    [url.username, url.password] = [role, 'doctor'];
    await database.query(`CREATE ROLE ${role} LOGIN PASSWORD 'doctor'`);
    try {
      const found = await examineDatabase(readSettings({ DATABASE_URL: url.href }), undefined);
      const of = (name: string) => found.find(({ check }) => check === name)?.message;
      expect(of('database')).toBe('The database answers.');
      expect(of('permissions')).toContain(`${role} may not create tables`);
      expect(of('migrations')).toContain('permission denied for table schema_migrations');
      expect(of('not looked at')).toBe(
        'Not looked at, which need all migrations: servers, connections, partitions, last purge.',
      );
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('finds migrations that are missing, and those of a later version', async () => {
    await using database = await TestDatabase.create();
    const found = (MIGRATE_ON_START: string) =>
      connected(database.url, (subject) => said(migrations, subject), { MIGRATE_ON_START });
    expect(await found('true')).toEqual(['ok: The schema is up to date.']);
    await database.query(`INSERT INTO schema_migrations (timestamp, name) VALUES (1, 'FromTheFuture1')`);
    expect(await found('true')).toEqual([
      'warning: Migrations were applied that this version does not know: FromTheFuture1.',
    ]);
    // Those of a team do not hide that others are missing.
    await database.query("DELETE FROM schema_migrations WHERE name LIKE 'KeepMessages%'");
    const both = await found('false');
    expect(both[0]).toMatch(/^warning: .* does not know: FromTheFuture1\.$/);
    expect(both[1]).toMatch(/^problem: Migrations are missing: KeepMessages\d+\.$/);
    await database.query('DELETE FROM schema_migrations');
    expect((await found('true'))[0]).toMatch(/^warning: Migrations are missing: KeepMessages\d+, /);
    expect((await found('false'))[0]).toMatch(/^problem: Migrations are missing: /);
  });

  it('sees the servers, and whether they are of one version', async () => {
    await using database = await TestDatabase.create();
    const add = (version: string, age: string) =>
      database.query(
        `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
         VALUES ((SELECT count(*) FROM collectors), $1, 'host', $2, now() - $3::interval, now() - $3::interval)`,
        [uuid(), version, age],
      );
    const found = () => connected(database.url, (subject) => said(servers, subject));
    expect(await found()).toEqual(['ok: No server has been seen by the database within the last minute.']);
    await add('0.1.0', '2 minutes');
    await add('0.2.0', '20 seconds');
    expect(await found()).toEqual(['ok: Seen by the database within the last minute: host (0.2.0).']);
    await add('0.3.0', '10 seconds');
    expect(await found()).toEqual([
      'warning: Servers of different versions store to the database: host (0.2.0), host (0.3.0).',
    ]);
  });

  it('holds the connections of all servers against those of the database', async () => {
    expect(connectionsFinding(1, 30, 97).level).toBe('ok');
    expect(connectionsFinding(3, 30, 97).level).toBe('warning');
    expect(connectionsFinding(4, 30, 97)).toMatchObject({
      level: 'problem',
      message: 'The database takes 97 connections, and 4 servers with DB_POOL_SIZE as here may need 120.',
    });
    await using database = await TestDatabase.create();
    const found = (replicas: number, pool: string) =>
      connected(database.url, (subject) => said(connections, { ...subject, replicas }), {
        DB_POOL_SIZE: pool,
      });
    expect((await found(1, '2'))[0]).toMatch(
      /^ok: The database takes \d+ connections, and a server .* may need 19\.$/,
    );
    expect((await found(9, '1000'))[0]).toMatch(/^problem: .* 9 servers .* may need 9153\.$/);
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} CONNECTION LIMIT 13`);
    expect((await found(1, '2'))[0]).toMatch(/^problem: The database takes 13 connections, /);
  });

  it('tells when the database was last purged', async () => {
    await using database = await TestDatabase.create();
    const found = () =>
      connected(database.url, (subject) => said(lastPurge, subject), { PURGE_INTERVAL_S: '600' });
    await database.query("UPDATE purge_state SET succeeded_at = now() - interval '3 hours'");
    expect((await found())[0]).toMatch(
      /^ok: The database was purged, or made, 108\d\d s ago\. No server runs that could purge\.$/,
    );
    await database.query(
      `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
       VALUES (1, $1, 'h', 'v', now(), now())`,
      [uuid()],
    );
    expect((await found())[0]).toMatch(/^warning: .* 108\d\d s ago, though PURGE_INTERVAL_S is 600\.$/);
    await database.query('UPDATE purge_state SET succeeded_at = now()');
    expect((await found())[0]).toMatch(/^ok: The database was purged, or made, \d s ago\.$/);
    const settings = readSettings({ PURGE_INTERVAL_S: '600' });
    expect(lastPurgeFinding(2_400, settings).level).toBe('ok');
    expect(lastPurgeFinding(2_401, settings).level).toBe('warning');
  });

  it('finds partitions that are missing, have expired, or are not ours', async () => {
    await using database = await TestDatabase.create();
    const environment = { LOG_EXPIRY_H: '48' };
    const found = () => connected(database.url, (subject) => said(partitions, subject), environment);
    const missing = (table: string) => `${table} has no partition for all messages of now and the next day.`;
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
      'ok: logs_expiring has N partitions, as it should.',
      'ok: logs_audit has N partitions, as it should.',
    ]);

    const old = Date.now() - 60 * HOUR;
    await storage.partitions.ensure('logs_expiring', old, old + HOUR);
    expect((await found())[0]).toMatch(
      /^warning: 2 partitions of logs_expiring have expired and are still there, from logs_expiring_\d+ to logs_expiring_\d+\.$/,
    );

    await database.query('CREATE TABLE odd PARTITION OF logs_audit DEFAULT');
    expect((await found()).at(-1)).toBe(
      'warning: logs_audit has a default partition, odd, which we do not make. It is empty.',
    );
    await database.query(
      `INSERT INTO logs_audit (created_at, received_at, collector, peer_connection_id, type, logs)
       VALUES ('2001-01-01', now(), 1, 1::bigint << 32, 1, '{}')`,
    );
    expect((await found()).at(-1)).toBe(
      'problem: The default partition odd of logs_audit holds rows, which never expire.',
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
