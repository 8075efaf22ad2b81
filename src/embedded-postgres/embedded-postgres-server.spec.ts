import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { execFile, spawn } from 'node:child_process';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tempDir } from '../../test/support/temp-dir.js';
import { DirectoryInUseError, type DirectoryLock, LockedFile } from '../platform/lock/index.js';
import {
  DataDirLostError,
  type EmbeddedPostgresOptions,
  EmbeddedPostgresServer,
  EmbeddedPostgresStartError,
  EmbeddedPostgresUnavailableError,
  findEmbeddedPostgres,
} from './index.js';
import { readPostmasterFile } from './postmaster.js';
import { isRoot } from './system-account.js';

const onPosix = process.platform !== 'win32';
const onLinux = process.platform === 'linux';

describe('EmbeddedPostgresServer', () => {
  let root: string;
  let dataDir: string;
  let logged: string[];
  const started: EmbeddedPostgresServer[] = [];

  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'embedded-postgres-')));
    await chmod(root, 0o755);
  });

  beforeEach(() => {
    dataDir = join(root, 'data');
    logged = [];
  });

  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgresServer> {
    const logger = {
      log: (line: string) => void logged.push(line),
      warn: (line: string) => void logged.push(line),
      error: (line: string) => void logged.push(`error: ${line}`),
    };
    const systemDir = join(root, 'system');
    const server = await EmbeddedPostgresServer.start({ dataDir, logger, systemDir, ...options });
    started.push(server);
    return server;
  }

  async function query(server: EmbeddedPostgresServer, sql: string): Promise<unknown[][]> {
    const url = Object.assign(new URL(server.url), { pathname: '/postgres' });
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<unknown[]>({ text: sql, rowMode: 'array' })).rows;
    } finally {
      await client.end();
    }
  }

  async function postmasterPid(): Promise<number> {
    const file = await readPostmasterFile(join(dataDir, 'postgres'));
    if (file === undefined) throw new Error('PostgreSQL does not run.');
    return file.pid;
  }

  /** For a test that needs another one than the rest. */
  async function freshDataDir(name: string): Promise<void> {
    dataDir = join(root, name);
    await mkdir(dataDir);
  }

  /** As a process that is killed leaves it: its lock is gone, and PostgreSQL runs on. */
  const forgetServer = (server: EmbeddedPostgresServer): void =>
    (server as unknown as { lock: DirectoryLock }).lock.release();

  const clusterLock = (): string => join(dataDir, 'postgres', 'tetcore.lock');

  it('creates a UTF-8 database that is durable and requires its password', async () => {
    const server = await start();
    expect(new URL(server.url)).toMatchObject({ hostname: '127.0.0.1', pathname: '/tetcore-analytics' });
    const settings = [
      'server_encoding',
      'fsync',
      'synchronous_commit',
      'data_checksums',
      'timezone',
      'listen_addresses',
      'unix_socket_directories',
      'max_wal_size',
      'max_connections',
    ];
    const [values] = await query(
      server,
      `SELECT ${settings.map((name) => `current_setting('${name}')`).join(', ')}, datlocprovider, datlocale
       FROM pg_database WHERE datname = 'postgres'`,
    );
    expect(values).toEqual(['UTF8', 'on', 'on', 'on', 'UTC', '127.0.0.1', '', '2GB', '100', 'b', 'C.UTF-8']);

    const intruder = new pg.Client({ connectionString: server.url.replace(/:[^:@]+@/, ':guess@') });
    await expect(intruder.connect()).rejects.toThrow('password authentication failed');
    expect((await readFile(join(dataDir, 'database-url'), 'utf8')).trim()).toBe(server.url);
  });

  it.runIf(onPosix)('shows its secrets to no other user', async () => {
    await start();
    for (const name of ['postgres-password', 'database-url', 'postgres.log']) {
      expect((await stat(join(dataDir, name))).mode & 0o077, name).toBe(0);
    }
  });

  it('keeps data and port over a restart, which takes less than 1.5 seconds', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
    await first.stop();
    const begin = performance.now();
    const second = await start();
    expect(performance.now() - begin).toBeLessThan(1500);
    expect(second.url).toBe(first.url);
    expect(await query(second, 'SELECT answer FROM kept')).toEqual([[42]]);
  });

  it('uses another port if its own is in use', async () => {
    const first = await start();
    await first.stop();
    const squatter = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
    try {
      const second = await start();
      expect(new URL(second.url).port).not.toBe(new URL(first.url).port);
      expect(await query(second, 'SELECT 1')).toEqual([[1]]);
    } finally {
      squatter.close();
    }
  });

  it('rejects a second server on the same data; stop() can be repeated', async () => {
    const server = await start();
    const refusal = await start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DirectoryInUseError);
    expect((refusal as Error).message).toContain(
      `The directory ${dataDir} is in use: process ${process.pid.toString()}`,
    );
    expect(await query(server, 'SELECT 1')).toEqual([[1]]);
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    await (await start()).stop();
  });

  it('stops while clients are connected', async () => {
    const server = await start();
    const url = Object.assign(new URL(server.url), { pathname: '/postgres' });
    const client = new pg.Client({ connectionString: url.href });
    client.on('error', () => undefined);
    await client.connect();
    await server.stop();
    await expect(query(server, 'SELECT 1')).rejects.toThrow();
    await client.end().catch(() => undefined);
  });

  it.runIf(onPosix)('starts again with what was committed after PostgreSQL was killed', async () => {
    const first = await start();
    await query(first, 'CREATE TABLE committed AS SELECT 42 AS answer');
    process.kill(await postmasterPid(), 'SIGKILL');
    await first.stop();
    const second = await start();
    expect(await query(second, 'SELECT answer FROM committed')).toEqual([[42]]);
  });

  it.runIf(onPosix)('logs once that PostgreSQL has ended while it was needed, with what to do', async () => {
    const server = await start();
    const ends = () => logged.filter((line) => line.includes('has ended'));
    process.kill(await postmasterPid(), 'SIGKILL');
    await vi.waitFor(() => expect(ends()).not.toEqual([]), { timeout: 5_000 });
    const check = (server as unknown as { check: () => Promise<void> }).check.bind(server);
    await Promise.all([check(), check()]);
    expect(ends()).toEqual([
      `error: The embedded PostgreSQL has ended. Its log is ${dataDir}/postgres.log. Restart the server.`,
    ]);
    await server.stop();
    const next = await start();
    await next.stop();
    expect(ends()).toHaveLength(1);
  });

  it('takes over the PostgreSQL of a process that was killed', async () => {
    const first = await start();
    const pid = await postmasterPid();
    forgetServer(first);
    const second = await start();
    expect(second.url).toBe(first.url);
    expect(await postmasterPid()).toBe(pid);
    expect(logged.at(-1)).toContain('Took over');
    await second.stop();
    await expect(query(second, 'SELECT 1')).rejects.toThrow();
  });

  it('replaces such a PostgreSQL if it does not allow enough connections', async () => {
    const first = await start();
    const pid = await postmasterPid();
    forgetServer(first);
    const second = await start({ maxConnections: 130 });
    expect(await postmasterPid()).not.toBe(pid);
    expect(await query(second, 'SHOW max_connections')).toEqual([['130']]);
  });

  it.runIf(onPosix)('locks the files as long as PostgreSQL runs', async () => {
    const first = await start();
    expect(LockedFile.isHeld(clusterLock())).toBe(true);
    forgetServer(first);
    expect(LockedFile.isHeld(clusterLock())).toBe(true);
    process.kill(await postmasterPid(), 'SIGSTOP');
    expect(LockedFile.isHeld(clusterLock())).toBe(true);
    process.kill(await postmasterPid(), 'SIGCONT');
    const second = await start();
    await second.stop();
    expect(LockedFile.isHeld(clusterLock())).toBe(false);
  });

  it('does not start beside a PostgreSQL in another container', async () => {
    await (await start()).stop();
    const elsewhere = LockedFile.take(clusterLock());
    try {
      await expect(start()).rejects.toThrow(
        new RegExp(`The database in ${dataDir}/postgres is in use by a PostgreSQL in another container`),
      );
    } finally {
      elsewhere?.close();
    }
    await start();
  });

  it('starts immediately after a killed container has left its lock file', async () => {
    await freshDataDir('container');
    const holder = { pid: 1, host: 'elsewhere', since: new Date().toISOString() };
    await writeFile(join(dataDir, 'lock'), JSON.stringify(holder));
    expect(await query(await start(), 'SELECT 1')).toEqual([[1]]);
  });

  it.runIf(onPosix).each(['lock file', 'whole data directory'])(
    'stops PostgreSQL immediately and reports it when its %s is removed',
    async (what) => {
      await freshDataDir(`lost-${what.length.toString()}`);
      const server = await start();
      const pid = await postmasterPid();
      await rm(what === 'lock file' ? join(dataDir, 'lock') : dataDir, { recursive: true });
      await expect(server.lost).rejects.toThrow(DataDirLostError);
      await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), { timeout: 5_000 });
      const next = await start();
      await server.stop();
      expect(await query(next, 'SELECT 1')).toEqual([[1]]);
    },
  );

  it('creates nothing and releases the directory if its start is refused when it is locked', async () => {
    await freshDataDir('refused');
    const whenLocked = () => Promise.reject(new Error('The port is taken.'));
    await expect(start({ whenLocked })).rejects.toThrow('The port is taken.');
    expect(await readdir(dataDir)).toEqual(['lock']);
    expect(LockedFile.isHeld(join(dataDir, 'lock'))).toBe(false);
  });

  it.runIf(onPosix)('does not mistake another process for the PostgreSQL whose pid it has', async () => {
    await (await start()).stop();
    const other = spawn('sleep', ['60']);
    try {
      await writeFile(
        join(dataDir, 'postgres', 'postmaster.pid'),
        `${String(other.pid)}\n${dataDir}/postgres\n1700000000\n54321\n\n127.0.0.1\n  1234 5678\nready   \n`,
      );
      if (isRoot()) {
        const { uid, gid } = await stat(join(dataDir, 'postgres'));
        await chown(join(dataDir, 'postgres', 'postmaster.pid'), uid, gid);
      }
      const server = await start();
      expect(await query(server, 'SELECT 1')).toEqual([[1]]);
      expect(other.exitCode ?? other.signalCode).toBeNull();
    } finally {
      other.kill('SIGKILL');
    }
  });

  it.runIf(onLinux)("runs PostgreSQL beyond the reach of the terminal's signals", async () => {
    await start();
    const [own, postmaster] = await Promise.all([sessionOf(process.pid), sessionOf(await postmasterPid())]);
    expect(postmaster.group).not.toBe(own.group);
    expect(postmaster.session).not.toBe(own.session);
  });

  it('creates a database in an empty directory, and rejects a directory with other files', async () => {
    await freshDataDir('empty');
    await mkdir(join(dataDir, 'postgres'));
    await (await start()).stop();
    expect((await readdir(dataDir)).sort()).toEqual([
      'database-url',
      'lock',
      'postgres',
      'postgres-password',
      'postgres.log',
    ]);
    await rm(join(dataDir, 'postgres', 'PG_VERSION'));
    await expect(start()).rejects.toThrow('contains files that are not a database');
  });

  it.runIf(onPosix)('does not create a new database if the linked cluster is missing', async () => {
    await freshDataDir('dangling');
    await symlink(join(root, 'gone'), join(dataDir, 'postgres'));
    await expect(start()).rejects.toThrow('is a link to a missing database');
  });

  it('rejects a database of another major version', async () => {
    await freshDataDir('old');
    await mkdir(join(dataDir, 'postgres'));
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '12\n');
    await expect(start()).rejects.toThrow(/created by PostgreSQL 12, but this server embeds PostgreSQL \d\d/);
  });

  it('reports the output of a PostgreSQL that does not start, and releases the directory', async () => {
    await (await start()).stop();
    const conf = join(dataDir, 'postgres', 'postgresql.conf');
    const good = await readFile(conf, 'utf8');
    await writeFile(conf, `${good}\nno_such_setting = 1\n`);
    const failure = await start().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(EmbeddedPostgresStartError);
    expect((failure as Error).message).toContain('no_such_setting');
    await writeFile(conf, good);
    await start();
  });

  it('rotates a large log', async () => {
    await writeFile(join(dataDir, 'postgres.log'), Buffer.alloc(11 * 1024 * 1024, '\n'));
    await start();
    expect((await stat(join(dataDir, 'postgres.log'))).size).toBeLessThan(100_000);
    expect((await stat(join(dataDir, 'postgres.log.1'))).size).toBe(11 * 1024 * 1024);
  });

  describe.runIf(isRoot())('as root', () => {
    it('runs PostgreSQL as another user', async () => {
      await start();
      expect((await stat(`/proc/${(await postmasterPid()).toString()}`)).uid).not.toBe(0);
    });

    it('creates the cluster elsewhere if that user has no access to the data directory, without changing modes', async () => {
      const home = join(root, 'home');
      await mkdir(home, { mode: 0o700 });
      dataDir = join(home, 'data');
      const first = await start();
      await query(first, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.stop();
      const cluster = await readlink(join(dataDir, 'postgres'));
      expect(dirname(cluster)).toBe(join(root, 'system', 'clusters'));
      expect(logged.join('\n')).toContain(cluster);
      expect((await stat(home)).mode & 0o777).toBe(0o700);
      expect(await query(await start(), 'SELECT answer FROM kept')).toEqual([[42]]);
      await started.at(-1)?.stop();

      await rm(dataDir, { recursive: true });
      await start();
      expect(await readlink(join(dataDir, 'postgres'))).not.toBe(cluster);
      expect((await lstat(cluster)).isDirectory()).toBe(true);
    });

    it("leaves the files of another user's data directory to that user", async () => {
      await freshDataDir('theirs');
      await (await start()).stop();
      await promisify(execFile)('chown', ['-R', '12345:12345', dataDir]);
      await (await start()).stop();
      for (const name of await readdir(dataDir)) {
        expect((await stat(join(dataDir, name))).uid, name).toBe(12345);
      }
    });

    it('fails if that user has no access to any directory', async () => {
      await freshDataDir('private');
      await chmod(dataDir, 0o700);
      const systemDir = join(dataDir, 'system');
      await expect(start({ systemDir })).rejects.toThrow(EmbeddedPostgresUnavailableError);
    });
  });

  async function sessionOf(pid: number): Promise<{ group: string | undefined; session: string | undefined }> {
    const text = await readFile(`/proc/${pid.toString()}/stat`, 'utf8');
    const [, , group, session] = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { group, session };
  }
});

it('finds the PostgreSQL of a data directory, and whether it is running', { timeout: 60_000 }, async () => {
  const dataDir = await tempDir('find-postgres');
  expect(await findEmbeddedPostgres(dataDir)).toBeUndefined();
  const logger = { log: () => undefined, warn: () => undefined, error: () => undefined };
  const server = await EmbeddedPostgresServer.start({ dataDir, logger });
  const running = await findEmbeddedPostgres(dataDir).finally(() => server.stop());
  expect(running?.url).toBe(server.url);
  expect(await findEmbeddedPostgres(dataDir)).toEqual({
    cluster: join(dataDir, 'postgres'),
    log: join(dataDir, 'postgres.log'),
    url: undefined,
  });
  await rm(dataDir, { recursive: true });
});
