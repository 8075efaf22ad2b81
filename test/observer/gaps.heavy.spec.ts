import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { Ends } from '../support/ends.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';
import {
  EXACT_MS,
  flood,
  gapOf,
  lastHeartbeat,
  letIn,
  nodesOfTwoAddresses,
  pausedIs,
  startedServer,
  storedGaps,
} from './observed.js';

const DOWN_MS = 40_000;
const PAUSED_MS = 60_000;
const LOST_MS = 20_000;
/** Longer than a process is silent that counts as gone, and than two looks at it after that. */
const AWAY_MS = 100_000;

describe('gaps of some minutes', { timeout: 600_000 }, () => {
  let database: TestDatabase;
  let proxy: TcpProxy;
  let ends: Ends;

  beforeEach(async () => {
    ends = new Ends();
    database = ends.add(await TestDatabase.create());
    proxy = ends.add(new TcpProxy(await freePort(), database.url));
    await proxy.listen();
  });

  afterEach(async () => {
    await ends[Symbol.asyncDispose]();
  });

  const folder = async (): Promise<string> => {
    const path = await tempDir('observer');
    ends.add({ [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) });
    return path;
  };

  const start = async (dataDir: string, more: Record<string, string> = {}): Promise<ServerProcess> => {
    const { server } = await startedServer({ DATABASE_URL: proxy.url, DATA_DIR: dataDir, ...more });
    return ends.add(server);
  };

  it.each([false, true])(
    'are exact after a kill; with the database away all the time: %s',
    async (isAway) => {
      const dataDir = await folder();
      const server = await start(dataDir);
      if (isAway) {
        await proxy.cut();
        await sleep(DOWN_MS);
      }
      const killedAt = Date.now();
      await server.end('SIGKILL');
      await sleep(DOWN_MS);
      const next = ends.add(
        ServerProcess.spawn(await freePort(), { DATABASE_URL: proxy.url, DATA_DIR: dataDir }),
      );
      if (isAway) {
        await waitUntil(() => next.log.includes('The database is not ready'), {
          what: 'the next server to wait for the database',
          timeoutMs: 60_000,
        });
        await sleep(DOWN_MS);
        await proxy.listen();
      }
      const acceptingSince = await letIn(next);
      const gap = await gapOf(database, 'down', ({ ended }) => ended !== null);
      expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
      expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
      expect(await storedGaps(database)).toHaveLength(1);
    },
  );

  it('are exact while no socket is read', async () => {
    const server = await start(await folder(), { JOURNAL_MODE: 'off', QUEUE_MAX_MIB: '4' });
    const node = await FakeNode.connect(server.ws);
    await proxy.cut();
    await flood(node);
    const pausedAt = await pausedIs(server, true);
    await sleep(PAUSED_MS);
    await proxy.listen();
    const readAt = await pausedIs(server, false, 120_000);
    const gap = await gapOf(database, 'paused', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - pausedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - readAt)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(database)).toHaveLength(1);
  });

  it('are exact if half of the sockets are lost', async () => {
    const server = await start(await folder(), { TRUSTED_PROXIES: '127.0.0.1' });
    const nodes = await nodesOfTwoAddresses(server, 200);
    await sleep(LOST_MS);
    const lostAt = Date.now();
    for (const node of nodes.slice(0, 100)) void node.terminate();
    await sleep(LOST_MS);
    expect((await gapOf(database, 'sockets_lost')).ended).toBeNull();
    await nodesOfTwoAddresses(server, 50);
    const backAt = Date.now();
    const gap = await gapOf(database, 'sockets_lost', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - lostAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - backAt)).toBeLessThan(EXACT_MS);
  });

  it('do not exist while two servers cannot reach the database for longer than the dead interval', async () => {
    const folders = [await folder(), await folder()];
    const servers = await Promise.all(folders.map((path) => start(path)));
    await proxy.cut();
    await sleep(AWAY_MS);
    await proxy.listen();
    const backAt = Date.now();
    for (const path of folders) {
      await waitUntil(async () => (await lastHeartbeat(path)) > backAt + 60_000, {
        what: 'a minute with the database',
        timeoutMs: 120_000,
        everyMs: 500,
      });
    }
    expect(await storedGaps(database)).toEqual([]);
    for (const server of servers) expect(await server.end('SIGTERM')).toBe(0);
  });

  it('have no end if one of two servers does not return, until its folder does', async () => {
    const dataDir = await folder();
    const gone = await start(dataDir);
    const [{ number } = { number: 0 }] = await database.query<{ number: number }>(
      'SELECT number FROM collectors',
    );
    await start(await folder());
    const killedAt = Date.now();
    await gone.end('SIGKILL');
    const open = await gapOf(database, 'down', () => true, 150_000);
    expect(open).toMatchObject({ collector: number, ended: null });
    // It was seen every 15 s.
    expect(killedAt - open.began).toBeLessThan(16_000);
    expect(Date.now() - killedAt).toBeLessThan(100_000);
    const { acceptingSince } = await startedServer({ DATABASE_URL: proxy.url, DATA_DIR: dataDir }).then(
      (started) => {
        ends.add(started.server);
        return started;
      },
    );
    const gap = await gapOf(database, 'down', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(database)).toHaveLength(1);
  });
});
