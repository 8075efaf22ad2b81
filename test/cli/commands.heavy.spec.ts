import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { AdvisoryLock } from '../../src/storage/index.js';
import { EmbeddedPostgresServer } from '../../src/embedded-postgres/index.js';
import { listPartitions } from '../../src/storage/index.js';
import { batch, row } from '../support/batches.js';
import { CLI, commandLine } from '../support/command-line.js';
import { TestDatabase } from '../support/databases.js';
import { freePort } from '../support/free-port.js';
import { onDatabase } from '../support/on-database.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { TestStorage } from '../support/test-storage.js';

const DAY = 86_400_000;

interface Report {
  problems: number;
  warnings: number;
  findings: { check: string; level: string; message: string; advice?: string }[];
}

const reportOf = (stdout: string): Report => JSON.parse(stdout) as Report;

describe('tetcore-analytics start', { timeout: 60_000 }, () => {
  it('runs the same server as dist/main.js', async () => {
    await using database = await TestDatabase.create();
    const dataDir = await tempDir('cli-start');
    const environment = { DATABASE_URL: database.url, DATA_DIR: dataDir };
    await using server = await ServerProcess.ready(await freePort(), environment, [CLI, 'start']);
    expect((await fetch(`${server.http}/nodes`)).status).toBe(200);
    expect(await server.end('SIGTERM')).toBe(0);
    expect(server.log).toContain('Stopped in');
    await rm(dataDir, { recursive: true });
  });
});

describe('tetcore-analytics migrate', { timeout: 60_000 }, () => {
  it('creates and migrates the database; --check reports pending migrations', async () => {
    await using database = TestDatabase.missing();
    const run = (...args: string[]) => commandLine(['migrate', ...args], { DATABASE_URL: database.url });
    expect(await run('--check')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('does not exist') as string,
    });
    expect(await run()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Applied KeepMessages') as string,
    });
    expect(await run('--check')).toEqual({ code: 0, stdout: 'The schema is up to date.\n', stderr: '' });
    expect(await run()).toEqual({ code: 0, stdout: 'The schema is up to date.\n', stderr: '' });
    const [last] = await database.query<{ name: string }>(
      'DELETE FROM schema_migrations WHERE id = (SELECT max(id) FROM schema_migrations) RETURNING name',
    );
    expect(await run('--check')).toEqual({
      code: 1,
      stdout: `Pending migrations: ${last?.name ?? ''}.\n`,
      stderr: '',
    });
  });

  it('creates the reader role', async () => {
    await using database = await TestDatabase.create();
    const role = `cli_${process.pid}`;
    const environment = { DATABASE_URL: database.url, DB_READER_ROLE: role };
    try {
      expect(await commandLine(['migrate'], environment)).toEqual({
        code: 0,
        stdout: `The schema is up to date.\nCreated the read-only role ${role}.\n`,
        stderr: '',
      });
      await database.query(`ALTER ROLE ${role} CREATEDB`);
      const failed = await commandLine(['migrate'], environment);
      expect(failed).toMatchObject({ code: 1, stdout: 'The schema is up to date.\n' });
      expect(failed.stderr).toMatch(/^DB_READER_ROLE is [^\n]* has more than read privileges[^\n]*\n$/);
    } finally {
      await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    }
  });

  it('explains that the server migrates its embedded database', async () => {
    const { code, stderr } = await commandLine(['migrate']);
    expect(code).toBe(1);
    expect(stderr).toBe('Set DATABASE_URL. The embedded PostgreSQL is migrated when the server starts.\n');
  });
});

it.each([[['migrate']], [['migrate', '--check']]])(
  '%s names the setting of an unreachable database',
  async (args) => {
    const environment = { DATABASE_URL: `postgres://x:hidden@127.0.0.1:${await freePort()}/y` };
    const { code, stderr } = await commandLine(args, environment);
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^No program accepts connections at 127\.0\.0\.1:\d+\. Start PostgreSQL, or correct host and port in DATABASE_URL\.[^\n]*\n$/,
    );
    expect(stderr).not.toContain('hidden');
  },
);

describe('tetcore-analytics simulate', { timeout: 60_000 }, () => {
  it('passes its options to the simulator', async () => {
    const { code, stdout } = await commandLine(['simulate', '--scenario', 'small', '--nodes', '7', '--show']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty('description');
  });

  it('prints one line if the server is unreachable', async () => {
    const url = `ws://127.0.0.1:${await freePort()}`;
    const { code, stderr } = await commandLine(['simulate', '--nodes', '1', '--url', url, '--duration', '1']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^[^\n]*ECONNREFUSED[^\n]*\n$/);
  });
});

describe('tetcore-analytics purge', { timeout: 60_000 }, () => {
  const names = (database: TestDatabase): Promise<string[]> =>
    onDatabase(database.url, async (client) =>
      (await listPartitions(client, 'logs_expiring')).map(({ name }) => name),
    );

  it('lists expired data with --dry-run, and removes it', async () => {
    await using database = await TestDatabase.create();
    const environment = { DATABASE_URL: database.url, LOG_EXPIRY_H: '48' };
    {
      // Its sessions end before ANALYZE: later they would add what they wrote to the statistics once more.
      await using storage = new TestStorage(database.url, { environment });
      // One after the other, or the time between had partitions as well.
      const old = Date.now() - 5 * DAY;
      await storage.store(batch({ expiring: [row({ at: old }), row({ at: old })] }));
      await storage.store(batch({ expiring: [row()] }));
    }
    const [expired = '', ...others] = await names(database);
    await database.query(`ANALYZE ${expired}`);

    const dry = await commandLine(['purge', '--dry-run'], environment);
    expect(dry).toMatchObject({ code: 0, stderr: '' });
    expect(dry.stdout).toMatch(
      new RegExp(`^Would drop ${expired} \\(about 2 messages\\), [\\d.]+ [kM]iB\\.\n$`),
    );
    expect(await names(database)).toEqual([expired, ...others]);

    const purged = await commandLine(['purge'], environment);
    expect(purged).toEqual({ code: 0, stdout: `Dropped ${expired} (about 2 messages).\n`, stderr: '' });
    expect(await names(database)).toEqual(others);
    for (const args of [['purge'], ['purge', '--dry-run']]) {
      expect(await commandLine(args, environment)).toMatchObject({
        code: 0,
        stdout: 'Nothing has expired.\n',
      });
    }
  });

  it('skips a locked partition and reports it', async () => {
    await using database = await TestDatabase.create();
    const environment = { DATABASE_URL: database.url, LOG_EXPIRY_H: '48' };
    await using storage = new TestStorage(database.url, { environment });
    await storage.store(batch({ expiring: [row({ at: Date.now() - 5 * DAY })] }));
    const [expired = ''] = await names(database);
    await onDatabase(database.url, async (reader) => {
      await reader.query('BEGIN');
      await reader.query(`SELECT count(*) FROM ${expired}`);
      expect(await commandLine(['purge'], environment)).toEqual({
        code: 0,
        stdout: `Skipped ${expired}: another session holds a lock on it. A later purge removes it.\n`,
        stderr: '',
      });
    });
  });

  it('does nothing while another process purges', async () => {
    await using database = await TestDatabase.create();
    await onDatabase(database.url, async (client) => {
      await client.query('SELECT pg_advisory_lock($1)', [AdvisoryLock.Purge]);
      const { code, stdout } = await commandLine(['purge'], { DATABASE_URL: database.url });
      expect(code).toBe(0);
      expect(stdout).toContain('Another process is purging this database');
    });
  });

  it('fails if the schema is not up to date', async () => {
    await using database = await TestDatabase.create();
    await database.query('DELETE FROM schema_migrations');
    const { code, stderr } = await commandLine(['purge'], { DATABASE_URL: database.url });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The database schema is not up to date\.[^\n]*\n$/);
  });

  it('requires a database', async () => {
    const { code, stderr } = await commandLine(['purge', '--dry-run']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Set DATABASE_URL, or start the server[^\n]*\n$/);
  });
});

describe('tetcore-analytics doctor', { timeout: 60_000 }, () => {
  it('finds no problems with a server and its database', async () => {
    await using database = await TestDatabase.create();
    const dataDir = await tempDir('cli-doctor');
    const port = await freePort();
    const environment = { DATABASE_URL: database.url, DATA_DIR: dataDir, HTTP_MAX_CONNECTIONS: '500' };
    await using server = await ServerProcess.ready(port, { ...environment, DB_POOL_SIZE: '2' });
    const own = { ...environment, HOST: '127.0.0.1', PORT: port.toString(), DB_POOL_SIZE: '2' };
    const { code, stdout, stderr } = await commandLine(['doctor', '--json'], own);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const report = reportOf(stdout);
    // These tests also run with a Node.js that gets no fixes any more, which is a warning.
    const others = report.findings.filter(({ check }) => check !== 'Node.js');
    expect(others.filter(({ level }) => level !== 'ok')).toEqual([]);
    const warnings = report.findings.filter(({ level }) => level === 'warning').length;
    expect(report).toMatchObject({ problems: 0, warnings });
    const said = report.findings.map(({ message }) => message).join('\n');
    expect(said).toContain(
      `Port ${port} (PORT) of 127.0.0.1 is used by a tetcore-analytics server, which is running.`,
    );
    expect(said).toMatch(/^Last purge or database creation: \d+ \w+ ago\.$/m);
    expect(said).toContain('Servers with a heartbeat within the last minute:');
    const asText = await commandLine(['doctor'], own);
    expect(asText.stdout).toMatch(
      new RegExp(`\\n0 problems, ${warnings === 1 ? '1 warning' : `${warnings} warnings`}, \\d+ ok\\.\\n$`),
    );
    await server.end('SIGTERM');
    await rm(dataDir, { recursive: true });
  });

  it('prints a remedy for each problem, and exits with 1', async () => {
    const { code, stdout } = await commandLine(['doctor'], {
      DATABASE_URL: `postgres://u@127.0.0.1:${await freePort()}/x`,
      DATABSE_URL: 'postgres://somewhere',
    });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /^problem {2}database +No program accepts connections at .*\n +→ Start PostgreSQL, or correct host/m,
    );
    expect(stdout).toMatch(
      /^warning {2}settings +The environment variable DATABSE_URL.*\n +→ If you mean DATABASE_URL/m,
    );
    expect(stdout).toMatch(/\n1 problem, \d+ warnings?, \d+ ok\.\n$/);
  });

  it('checks the embedded database if it is running, and never starts it', { timeout: 60_000 }, async () => {
    const dataDir = await tempDir('cli-embedded');
    const databaseOf = async (): Promise<string[]> => {
      const { stdout } = await commandLine(['doctor', '--json'], { DATA_DIR: dataDir });
      return reportOf(stdout)
        .findings.filter(({ check }) => check === 'database')
        .map(({ message }) => message);
    };
    expect(await databaseOf()).toEqual([
      'There is no database yet: DATABASE_URL is not set, and DATA_DIR has no embedded PostgreSQL.',
    ]);
    const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
    const postgres = await EmbeddedPostgresServer.start({ dataDir, logger });
    try {
      expect(await databaseOf()).toEqual(['The database tetcore-analytics does not exist yet.']);
      await onDatabase(postgres.url.replace('tetcore-analytics', 'postgres'), (client) =>
        client.query('CREATE DATABASE "tetcore-analytics"'),
      );
      expect(await databaseOf()).toEqual(['Connected to the database.']);
    } finally {
      await postgres.stop();
    }
    const [stopped] = await databaseOf();
    expect(stopped).toMatch(/^The embedded PostgreSQL in .* is not running, so it was not checked\.$/);
    await rm(dataDir, { recursive: true });
  });
});
