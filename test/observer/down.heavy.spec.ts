import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LockedFile } from '../../src/platform/lock/index.js';
import { FakeNode } from '../support/fake-node.js';
import { waitUntil } from '../support/wait-until.js';
import { EXACT_MS, gapOf, lastHeartbeat, letIn, ObservedStage, storedGaps } from './observed.js';

describe('a server that is down', { timeout: 120_000 }, () => {
  const numberOf = async ({ database }: ObservedStage): Promise<number | undefined> =>
    (await database.query<{ number: number }>('SELECT number FROM collectors ORDER BY started_at'))[0]
      ?.number;

  it('was down from its kill until the next process of its folder accepted nodes', async () => {
    await using stage = await ObservedStage.create();
    const { server } = await stage.start();
    const killed = await numberOf(stage);
    const killedAt = Date.now();
    await server.end('SIGKILL');
    const { acceptingSince } = await stage.start();
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(gap.collector).toBe(killed);
    expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(stage.database)).toHaveLength(1);
  });

  it('was down since its kill, also if the database could not be reached before and after it', async () => {
    await using stage = await ObservedStage.create();
    const proxy = await stage.proxied();
    const { server } = await stage.start({ DATABASE_URL: proxy.url });
    await proxy.cut();
    const cutAt = Date.now();
    await waitUntil(async () => (await lastHeartbeat(stage.dataDir)) > cutAt + 2_000, {
      what: 'a heartbeat without the database',
    });
    const killedAt = Date.now();
    await server.end('SIGKILL');
    const next = await stage.spawn({ DATABASE_URL: proxy.url });
    await waitUntil(() => next.log.includes('The database is not ready'), {
      what: 'the next server to wait for the database',
      timeoutMs: 30_000,
    });
    await proxy.listen();
    const acceptingSince = await letIn(next);
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(stage.database)).toHaveLength(1);
  });

  it('is down since its stop, without an end until the next process of its folder accepts nodes', async () => {
    await using stage = await ObservedStage.create();
    const { server } = await stage.start();
    const stoppedAt = Date.now();
    expect(await server.end('SIGTERM')).toBe(0);
    const open = await gapOf(stage.database, 'down');
    expect(open).toMatchObject({ collector: await numberOf(stage), ended: null });
    expect(Math.abs(open.began - stoppedAt)).toBeLessThan(EXACT_MS);
    const { acceptingSince } = await stage.start();
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - open.began)).toBeLessThan(2);
    expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(stage.database)).toHaveLength(1);
  });

  it('stops at the time in its heartbeat, if the database cannot be reached', async () => {
    await using stage = await ObservedStage.create();
    const proxy = await stage.proxied();
    const { server } = await stage.start({ DATABASE_URL: proxy.url });
    await proxy.cut();
    const stoppedAt = Date.now();
    expect(await server.end('SIGTERM')).toBe(0);
    await proxy.listen();
    await stage.start({ DATABASE_URL: proxy.url });
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - stoppedAt)).toBeLessThan(EXACT_MS);
  });

  it('has no gap while only its database cannot be reached', async () => {
    await using stage = await ObservedStage.create();
    const proxy = await stage.proxied();
    const { server } = await stage.start({ DATABASE_URL: proxy.url });
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmHeard' });
    await proxy.cut();
    await node.sendV1({ msg: 'x.meanwhile' });
    const cutAt = Date.now();
    await waitUntil(async () => (await lastHeartbeat(stage.dataDir)) > cutAt + 2_000, {
      what: 'a heartbeat without the database',
    });
    await proxy.listen();
    await waitUntil(
      async () =>
        (await stage.database.query("SELECT FROM tetcore_logs WHERE msg = 'x.meanwhile'")).length === 1,
      { what: 'the message of the outage', timeoutMs: 30_000 },
    );
    await node.close();
    const stoppedAt = Date.now();
    expect(await server.end('SIGTERM')).toBe(0);
    const gaps = await storedGaps(stage.database);
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.began).toBeGreaterThan(stoppedAt - EXACT_MS);
  });

  it('does not affect processes that share its DATA_DIR, and records when they end', async () => {
    await using stage = await ObservedStage.create();
    const first = await stage.start();
    await stage.start();
    const killedAt = Date.now();
    await first.server.end('SIGKILL');
    const open = await gapOf(stage.database, 'down');
    expect(open).toMatchObject({ collector: await numberOf(stage), ended: null });
    expect(Math.abs(open.began - killedAt)).toBeLessThan(EXACT_MS);
    const { acceptingSince } = await stage.start();
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(gap.collector).toBe(open.collector);
    expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(stage.database)).toHaveLength(1);
  });

  it('creates its folder again if that was removed', async () => {
    await using stage = await ObservedStage.create();
    const { server } = await stage.start();
    await rm(join(stage.dataDir, 'observer'), { recursive: true });
    const removedAt = Date.now();
    await waitUntil(async () => (await lastHeartbeat(stage.dataDir)) > removedAt, {
      what: 'a new heartbeat',
      timeoutMs: 30_000,
      everyMs: 100,
    });
    const killedAt = Date.now();
    await server.end('SIGKILL');
    await stage.start();
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
  });

  it('was down until the next process accepted nodes, even if that can use its folder only later', async () => {
    await using stage = await ObservedStage.create();
    const { server } = await stage.start();
    const killedAt = Date.now();
    await server.end('SIGKILL');
    const root = join(stage.dataDir, 'observer');
    const [id = ''] = await readdir(root);
    // As by a process that is at it, and is frozen.
    const lock = LockedFile.take(join(root, id, 'lock'));
    const { acceptingSince } = await stage.start();
    expect(await storedGaps(stage.database)).toEqual([]);
    lock?.close();
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
  });
});
