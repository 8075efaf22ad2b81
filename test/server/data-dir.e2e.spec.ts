import { execFile } from 'node:child_process';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runChecks } from '../../src/cli/doctor/check.js';
import { thisMachine } from '../../src/cli/doctor/machine-checks.js';
import { queue } from '../../src/cli/doctor/queue-check.js';
import { runDatabaseChecks } from '../../src/cli/doctor/run-database-checks.js';
import { readSettings } from '../../src/platform/config/index.js';
import { DirectoryLock } from '../../src/platform/lock/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { HeldPort } from '../support/held-port.js';
import { NumberedMessages } from '../support/numbered-messages.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';
import { isAlive } from '../support/is-alive.js';

const run = promisify(execFile);
/** That it makes a database first takes long on a busy machine. */
const READY_MS = 90_000;
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe('the DATA_DIR of a server with embedded PostgreSQL', { timeout: 300_000 }, () => {
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await tempDir('data-dir');
  });

  afterEach(async () => {
    await rm(dataDir, { recursive: true, force: true });
  });

  it('is locked while the server runs or is frozen, and released when it is killed', async () => {
    await using first = await readyServer({ DATA_DIR: dataDir });
    first.child.kill('SIGSTOP');
    await using second = ServerProcess.spawn(await freePort(), { DATA_DIR: dataDir });
    expect(await second.exited).toBe(1);
    expect(second.log).toContain(
      `The directory ${dataDir} is in use: process ${String(first.child.pid)} on host`,
    );
    first.child.kill('SIGCONT');
    const messages = new NumberedMessages();
    await messages.send(first.ws, 10);
    await first.end('SIGKILL');
    await using third = await readyServer({ DATA_DIR: dataDir });
    expect(third.log).toContain('Took over the PostgreSQL');
    const url = (await readFile(join(dataDir, 'database-url'), 'utf8')).trim();
    expect(await messages.areStored(url)).toEqual({ missing: 0, twice: 0 });
    expect(await third.end('SIGTERM')).toBe(0);
  });

  it('has a PostgreSQL whose end is logged once, and which the next start starts again', async () => {
    const messages = new NumberedMessages();
    const log = join(dataDir, 'postgres.log');
    {
      await using server = await readyServer({ DATA_DIR: dataDir });
      const [pid = ''] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
      process.kill(Number(pid), 'SIGINT');
      const ends = () => server.log.match(/PostgreSQL has ended.*/g) ?? [];
      await waitUntil(() => ends().length > 0, { what: 'the end to be logged' });
      const reason = async () =>
        ((await (await fetch(`${server.http}/health/ready`)).json()) as { reason?: string }).reason;
      await waitUntil(async () => (await reason()) !== undefined, { what: 'the server to be degraded' });
      await messages.send(server.ws, 10);

      const environment = { DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: server.port.toString() };
      const settings = readSettings(environment);
      const advice = `Read the end of ${log}, and restart the server.`;
      expect(await runDatabaseChecks(settings, undefined)).toEqual([
        {
          check: 'database',
          level: 'problem',
          message: `The embedded PostgreSQL in ${dataDir}/postgres has ended while its server runs.`,
          advice,
        },
      ]);
      expect(await runChecks([queue], thisMachine(settings))).toMatchObject([
        {
          level: 'problem',
          message: expect.stringMatching(
            /^The server on port \d+ does not store messages: its embedded PostgreSQL has ended\. \d+ batch/,
          ) as string,
          advice: `${advice} The server stores the batches afterwards.`,
        },
      ]);
      const elsewhere = await tempDir('data-dir');
      const other = readSettings({ ...environment, DATA_DIR: elsewhere });
      expect((await runDatabaseChecks(other, undefined))[0]?.advice).toContain('Start the server');
      await rm(elsewhere, { recursive: true });
      expect(await server.end('SIGTERM')).toBe(0);
      expect(ends()).toEqual([`PostgreSQL has ended. Its log is ${log}. Restart the server.`]);
    }
    await using next = await readyServer({ DATA_DIR: dataDir });
    const url = (await readFile(join(dataDir, 'database-url'), 'utf8')).trim();
    expect(await messages.areStored(url)).toEqual({ missing: 0, twice: 0 });
    expect(await next.end('SIGTERM')).toBe(0);
    const stopped = readSettings({ DATA_DIR: dataDir, HOST: '127.0.0.1', PORT: next.port.toString() });
    expect(await runDatabaseChecks(stopped, undefined)).toMatchObject([
      { level: 'warning', advice: 'Start the server and run doctor again, or set DATABASE_URL.' },
    ]);
  });

  it.each(['PORT', 'METRICS_PORT'])(
    'gets no database if %s is taken, which is reported first',
    async (name) => {
      await using taken = await HeldPort.take();
      await using server = ServerProcess.spawn(await freePort(), {
        DATA_DIR: dataDir,
        [name]: taken.number.toString(),
      });
      expect(await server.exited).toBe(1);
      expect(server.log).toContain(`Port ${taken.number.toString()} (${name}) of 127.0.0.1 is used by `);
      expect(server.log).not.toContain('Creating a database');
      expect(await readdir(dataDir)).toEqual(['lock']);
      expect(DirectoryLock.isHeld(dataDir)).toBe(false);
    },
  );

  it('stops PostgreSQL and the server when it is removed; queued messages are stored at the next start', async () => {
    const messages = new NumberedMessages();
    {
      await using server = await readyServer({
        DATA_DIR: dataDir,
        DB_SAVE_LATENCY_MS: '60000',
      });
      const [pid = ''] = (await readFile(join(dataDir, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
      // They are in the batch that is open.
      await messages.send(server.ws, 10);
      // All at once: PostgreSQL makes files meanwhile.
      await rename(dataDir, `${dataDir}-removed`);
      await rm(`${dataDir}-removed`, { recursive: true, force: true, maxRetries: 10 });
      expect(await server.exited).toBe(1);
      expect(server.log).toContain(`DATA_DIR is lost: ${dataDir} was removed while the server was running.`);
      expect(server.log).toMatch(/\d batches remain in the journal for the next start/);
      await waitUntil(() => !isAlive(Number(pid)), { what: 'PostgreSQL to be gone' });
    }
    await using next = await readyServer({ DATA_DIR: dataDir });
    const url = (await readFile(join(dataDir, 'database-url'), 'utf8')).trim();
    expect(await messages.areStored(url)).toEqual({ missing: 0, twice: 0 });
    expect(await next.end('SIGTERM')).toBe(0);
  });
});

describe('a DATA_DIR that is lost in part', { timeout: 300_000 }, () => {
  it('stops the server when the database in it is removed, and not when another process takes its lock', async () => {
    const dataDir = await tempDir('data-dir');
    const messages = new NumberedMessages();
    {
      await using server = await readyServer({ DATA_DIR: dataDir, DB_SAVE_LATENCY_MS: '60000' });
      await messages.send(server.ws, 10);
      await rename(join(dataDir, 'postgres'), join(dataDir, 'moved'));
      const statuses = new Set<number>();
      while (server.child.exitCode === null) {
        const [ready, nodes] = await Promise.all(
          ['/health/ready', '/nodes'].map((path) => fetch(server.http + path).catch(() => undefined)),
        );
        if (nodes !== undefined) statuses.add(nodes.status);
        if (ready?.status === 503)
          expect(await ready.json()).toMatchObject({ detail: 'The data directory is lost.' });
      }
      expect(statuses.has(500)).toBe(false);
      expect(await server.exited).toBe(1);
      expect(server.log).toMatch(
        /DATA_DIR is lost: the database in \S+\/postgres was removed while the server was running\./,
      );
      expect(server.log).toMatch(/\d batches remain in the journal for the next start/);
    }
    await rename(join(dataDir, 'moved'), join(dataDir, 'postgres'));
    await using next = await readyServer({ DATA_DIR: dataDir });
    const url = (await readFile(join(dataDir, 'database-url'), 'utf8')).trim();
    expect(await messages.areStored(url)).toEqual({ missing: 0, twice: 0 });
    await rm(join(dataDir, 'lock'));
    const taken = await DirectoryLock.acquire(dataDir);
    expect(await next.exited).toBe(1);
    expect(next.log).toContain(
      `DATA_DIR is lost: ${join(dataDir, 'lock')} was replaced while the server was running: process ${process.pid.toString()} on host`,
    );
    taken.release();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('is reported while there is a database elsewhere: 200 with the reason, then 503 when nothing can be stored', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using server = await TestServer.ready(proxy.url, { QUEUE_MAX_MIB: '4' });
    const ready = async (): Promise<{ status: number; reason?: string; detail?: string }> => {
      const response = await server.get('/health/ready');
      return { ...((await response.json()) as object), status: response.status };
    };
    await rename(server.dataDir, `${server.dataDir}-removed`);
    await writeFile(server.dataDir, 'A file, so that the directory cannot be created again.');
    const missing = 'The directory of the journal is missing and cannot be created.';
    await waitUntil(async () => (await ready()).reason === missing, { what: 'the reason' });
    expect((await ready()).status).toBe(200);
    proxy.freeze();
    await waitUntil(async () => (await ready()).reason === `The database cannot be reached. ${missing}`, {
      what: 'both reasons',
      timeoutMs: 30_000,
    });
    const node = await FakeNode.connect(`${server.ws}/`);
    const big = 'x'.repeat(400_000);
    for (let sent = 0; sent < 20; sent += 1) void node.send({ msg: 'big', big, sent });
    const full = await waitUntil(async () => (await ready()).status === 503 && (await ready()), {
      what: 'a full queue',
      timeoutMs: 20_000,
    });
    expect(full).toMatchObject({
      detail: `The delivery queue is full. The database cannot be reached. ${missing}`,
    });
    await rm(server.dataDir);
    await waitUntil(async () => (await ready()).reason === 'The database cannot be reached.', {
      what: 'the batches to be in a new journal',
    });
    proxy.thaw();
    await waitUntil(
      async () => (await database.query("SELECT 1 FROM tetcore_logs WHERE msg = 'big'")).length === 20,
      { what: 'all messages', timeoutMs: 30_000 },
    );
    await node.close();
    await rm(`${server.dataDir}-removed`, { recursive: true });
  });
});

describe.runIf(canMount)('a DATA_DIR on a read-only file system', () => {
  let mounted: string;

  beforeEach(async () => {
    mounted = await tempDir('read-only');
    await run('mount', ['--bind', mounted, mounted]);
    await run('mount', ['-o', 'remount,bind,ro', mounted]);
  });

  afterEach(async () => {
    await run('umount', ['-l', mounted]);
    await rm(mounted, { recursive: true, force: true });
  });

  it.each(['', 'below'])(
    'is refused with what to do, with its own PostgreSQL or another (%j)',
    async (below) => {
      await using database = await TestDatabase.create();
      const dataDir = join(mounted, below);
      for (const environment of [{}, { DATABASE_URL: database.url }]) {
        await using server = ServerProcess.spawn(await freePort(), { DATA_DIR: dataDir, ...environment });
        expect(await server.exited).toBe(1);
        expect(server.log).toContain(dataDir);
        expect(server.log).toMatch(/EROFS.*mount it for writing, (or )?set DATA_DIR to another directory/);
        expect(server.log).not.toContain('ENOENT');
      }
    },
  );
});

describe.runIf(canMount)('a DATA_DIR that root has used', { timeout: 300_000 }, () => {
  const OTHER = 65_534;
  const asOther = [
    'setpriv',
    `--reuid=${OTHER.toString()}`,
    `--regid=${OTHER.toString()}`,
    '--clear-groups',
    '--',
  ];

  it('is refused for another user with the file, its owner, and what to do', async () => {
    await using database = await TestDatabase.create();
    const dataDir = await tempDir('owner');
    const start = async (environment: Record<string, string> = {}): Promise<string> => {
      const port = await freePort();
      await using server = ServerProcess.spawn(
        port,
        { DATA_DIR: dataDir, ...environment },
        undefined,
        asOther,
      );
      expect(await server.exited).toBe(1);
      return server.log;
    };
    const owned = (path: string): string =>
      `${path} belongs to user id 0 (root), and this process has user id ${OTHER.toString()}: give it that directory with its content (chown -R`;
    // The directory itself.
    expect(await start()).toContain(owned(dataDir));
    expect(await start({ DATABASE_URL: database.url })).toContain(owned(dataDir));
    // A file in it.
    await writeFile(join(dataDir, 'lock'), '', { mode: 0o600 });
    await chown(dataDir, OTHER, OTHER);
    expect(await start()).toContain(owned(join(dataDir, 'lock')));
    // A directory in it.
    await rm(join(dataDir, 'lock'));
    await mkdir(join(dataDir, 'postgres'), { mode: 0o700 });
    expect(await start()).toContain(owned(join(dataDir, 'postgres')));
    await rm(dataDir, { recursive: true });
  });
});

async function readyServer(environment: Record<string, string>): Promise<ServerProcess> {
  const server = ServerProcess.spawn(await freePort(), environment);
  try {
    await server.isReady(READY_MS);
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
