import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DirectoryLock } from '../../src/platform/lock/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { frame, RawSocket } from '../support/raw-socket.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

/** Sends until the messages of a second are certainly in batches of their own. */
async function speak(node: FakeNode, count = 200): Promise<void> {
  for (let n = 0; n < count; n += 1) await node.sendV1({ msg: 'test.numbered', n });
}

/** A node, and clients of HTTP, that neither answer nor go. */
async function deadPeers(server: ServerProcess): Promise<RawSocket[]> {
  const node = await RawSocket.open(server.ws);
  node.write(frame('{"msg":"test.stubborn"}'));
  const slow = await RawSocket.connect(server.http);
  slow.write('GET /nodes HTTP/1.1\r\nHost: local');
  const peers = [node, slow, await RawSocket.connect(server.http)];
  for (const peer of peers) peer.onEnd = () => undefined;
  return peers;
}

/** Seconds from the signal to the end, which is to be in order. */
async function stop(server: ServerProcess): Promise<number> {
  const startedAt = performance.now();
  expect(await server.end('SIGTERM'), server.log).toBe(0);
  const seconds = (performance.now() - startedAt) / 1000;
  return seconds;
}

/** Whether the PostgreSQL of a data directory has ended, and nobody holds the directory. */
const isFree = (dataDir: string): boolean =>
  !existsSync(join(dataDir, 'postgres/postmaster.pid')) && !DirectoryLock.isHeld(dataDir);

describe('the end of the server', () => {
  let database: TestDatabase;
  let dataDir: string;
  let environment: Record<string, string>;

  beforeEach(async () => {
    database = await TestDatabase.create();
    dataDir = await tempDir('in-time');
    environment = { DATABASE_URL: database.url, DATA_DIR: dataDir };
  });

  afterEach(async () => {
    await database[Symbol.asyncDispose]();
    await rm(dataDir, { recursive: true, force: true });
  });

  it.each([1, 4, 20])(
    'comes within %i s while the database is frozen and peers are dead, and the next start stores what was left',
    async (limit) => {
      await using proxy = await PostgresProxy.start(database.url);
      const frozen = { ...environment, DATABASE_URL: proxy.url, SHUTDOWN_TIMEOUT_S: limit.toString() };
      await using server = await ServerProcess.ready(await freePort(), frozen);
      const peers = await deadPeers(server);
      const node = await FakeNode.connect(server.ws);
      await speak(node);
      proxy.freeze();
      await speak(node);
      expect(await stop(server)).toBeLessThan(limit);
      for (const peer of peers) peer.socket.destroy();
      await using next = await ServerProcess.ready(await freePort(), environment);
      await waitUntil(
        async () =>
          (await database.query("SELECT FROM tetcore_logs WHERE msg = 'test.numbered'")).length === 400,
        { what: 'what was left to be stored', timeoutMs: 15_000 },
      );
      await next.end('SIGTERM');
    },
    60_000,
  );

  it('waits about two seconds for a frozen database', async () => {
    await using proxy = await PostgresProxy.start(database.url);
    await using server = await ServerProcess.ready(await freePort(), {
      ...environment,
      DATABASE_URL: proxy.url,
    });
    const node = await FakeNode.connect(server.ws);
    proxy.freeze();
    await speak(node);
    expect(await stop(server)).toBeLessThan(6.5);
  });

  it('stops immediately if the database was frozen from the start', async () => {
    await using proxy = await PostgresProxy.start(database.url);
    proxy.freeze();
    await using server = ServerProcess.spawn(await freePort(), { ...environment, DATABASE_URL: proxy.url });
    await waitUntil(async () => (await fetch(`${server.http}/health/live`)).ok, {
      what: 'the server to live',
      timeoutMs: 20_000,
    });
    expect(await stop(server)).toBeLessThan(4);
  });

  it('has exit code 1 if batches are lost', async () => {
    await using proxy = new TcpProxy(await freePort(), database.url);
    await proxy.listen();
    await using server = await ServerProcess.ready(await freePort(), {
      ...environment,
      DATABASE_URL: proxy.url,
      JOURNAL_MODE: 'off',
      SHUTDOWN_TIMEOUT_S: '4',
    });
    const node = await FakeNode.connect(server.ws);
    await proxy.cut();
    await speak(node);
    const startedAt = performance.now();
    expect(await server.end('SIGTERM'), server.log).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(server.log).toMatch(/Lost \d+ batches/);
  });

  it('stops the embedded PostgreSQL, also with dead peers', { timeout: 120_000 }, async () => {
    for (const limit of [20, 4, 2]) {
      await using server = ServerProcess.spawn(await freePort(), {
        DATA_DIR: dataDir,
        SHUTDOWN_TIMEOUT_S: limit.toString(),
      });
      await server.isReady(60_000);
      const peers = await deadPeers(server);
      await speak(await FakeNode.connect(server.ws));
      expect(await stop(server)).toBeLessThan(limit);
      for (const peer of peers) peer.socket.destroy();
      expect(isFree(dataDir)).toBe(true);
      expect(await readdir(join(dataDir, 'journal'))).toEqual([]);
    }
  });

  it('stops in time while the embedded PostgreSQL starts', { timeout: 60_000 }, async () => {
    await using server = ServerProcess.spawn(await freePort(), { DATA_DIR: dataDir });
    await waitUntil(() => server.log.includes('Creating a database'), {
      what: 'the start',
      timeoutMs: 20_000,
    });
    expect(await stop(server)).toBeLessThan(20);
    expect(server.log).not.toContain('Ready.');
    expect(isFree(dataDir)).toBe(true);
  });
});

describe('a slow start', () => {
  it(
    'is given up in time, and what PostgreSQL does then is for the next start',
    { timeout: 90_000 },
    async () => {
      const dataDir = await tempDir('long-start');
      const environment = { DATA_DIR: dataDir, SHUTDOWN_TIMEOUT_S: '3' };
      await using killed = ServerProcess.spawn(await freePort(), environment);
      await killed.isReady(60_000);
      await killed.end('SIGKILL');
      const file = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8');
      const postmaster = Number(file.split('\n')[0]);
      process.kill(postmaster, 'SIGSTOP');
      try {
        await using stuck = ServerProcess.spawn(await freePort(), environment);
        await waitUntil(
          () => existsSync(join(dataDir, 'lock')) && stuck.log.includes('does not respond correctly'),
          {
            what: 'the start to be stuck',
            timeoutMs: 20_000,
          },
        );
        expect(await stop(stuck)).toBeLessThan(3);
        expect(stuck.log).toContain('PostgreSQL is still starting');
      } finally {
        process.kill(postmaster, 'SIGCONT');
      }
      await using next = ServerProcess.spawn(await freePort(), environment);
      await next.isReady(60_000);
      await stop(next);
      expect(isFree(dataDir)).toBe(true);
      await rm(dataDir, { recursive: true, force: true });
    },
  );
});

describe('a failed start', () => {
  it('leaves no PostgreSQL, locks or open journal', { timeout: 60_000 }, async () => {
    const dataDir = await tempDir('failed-start');
    const port = await freePort();
    // Both are free before PostgreSQL starts, and the second is not when the server listens.
    const both = { DATA_DIR: dataDir, METRICS_PORT: port.toString() };
    await using server = ServerProcess.spawn(port, both);
    expect(await server.exited).toBe(1);
    expect(server.log).toContain(`Port ${port.toString()} (METRICS_PORT) of 127.0.0.1 is used by `);
    expect(isFree(dataDir)).toBe(true);
    expect(await readdir(join(dataDir, 'journal'))).toEqual([]);
    await rm(dataDir, { recursive: true, force: true });
  });
});

describe('the server', () => {
  it('continues after errors of its listening socket', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { LOG_LEVEL: 'error' });
    for (let time = 0; time < 2; time += 1) {
      server.server.app.getHttpServer().emit('error', new Error('accept EMFILE (a test)'));
    }
    expect((await server.get('/health/ready')).status).toBe(200);
  });
});
