import { describe, expect, it } from 'vitest';
import { FakeNode } from '../support/fake-node.js';
import { waitUntil } from '../support/wait-until.js';
import {
  EXACT_MS,
  flood,
  gapOf,
  nodesOfTwoAddresses,
  ObservedStage,
  pausedIs,
  storedGaps,
} from './observed.js';

describe('a running server', { timeout: 120_000 }, () => {
  /** It has no room for more than 4 MiB. */
  const small = (url: string) => ({ DATABASE_URL: url, JOURNAL_MODE: 'off', QUEUE_MAX_MIB: '4' });

  it('records a gap while it reads from no node', async () => {
    await using stage = await ObservedStage.create();
    const proxy = await stage.proxied();
    const { server } = await stage.start(small(proxy.url));
    const node = await FakeNode.connect(server.ws);
    await proxy.cut();
    await flood(node);
    const pausedAt = await pausedIs(server, true);
    await proxy.listen();
    const readAt = await pausedIs(server, false);
    const gap = await gapOf(stage.database, 'paused', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - pausedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - readAt)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(stage.database)).toHaveLength(1);
  });

  it('records a pause that was not stored before a kill', async () => {
    await using stage = await ObservedStage.create();
    const proxy = await stage.proxied();
    const { server } = await stage.start(small(proxy.url));
    await proxy.cut();
    await flood(await FakeNode.connect(server.ws));
    const pausedAt = await pausedIs(server, true);
    await waitUntil(() => Date.now() > pausedAt + 1_500, { what: 'a pause that lasts' });
    const killedAt = Date.now();
    await server.end('SIGKILL');
    await proxy.listen();
    await stage.start(small(proxy.url));
    const down = await gapOf(stage.database, 'down');
    const paused = await gapOf(stage.database, 'paused');
    expect(Math.abs(paused.began - pausedAt)).toBeLessThan(EXACT_MS);
    expect(paused.ended).toBe(down.began);
    expect(Math.abs(down.began - killedAt)).toBeLessThan(EXACT_MS);
    expect(paused.collector).toBe(down.collector);
  });

  it('records a loss of half of its nodes, until half of them are back', async () => {
    await using stage = await ObservedStage.create();
    const { server } = await stage.start({ TRUSTED_PROXIES: '127.0.0.1' });
    const nodes = await nodesOfTwoAddresses(server, 20);
    const openedAt = Date.now();
    await waitUntil(() => Date.now() > openedAt + 1_100, { what: 'nodes that have been there' });
    const lostAt = Date.now();
    await Promise.all(nodes.slice(0, 14).map((node) => node.terminate()));
    const open = await gapOf(stage.database, 'sockets_lost');
    expect(open.ended).toBeNull();
    expect(Math.abs(open.began - lostAt)).toBeLessThan(EXACT_MS);
    await nodesOfTwoAddresses(server, 6);
    expect((await gapOf(stage.database, 'sockets_lost')).ended).toBeNull();
    await nodesOfTwoAddresses(server, 1);
    const backAt = Date.now();
    const gap = await gapOf(stage.database, 'sockets_lost', ({ ended }) => ended !== null);
    expect(Math.abs((gap.ended ?? 0) - backAt)).toBeLessThan(EXACT_MS);
    // Its own stop ends the others, and that is no loss.
    await server.end('SIGTERM');
    const causes = (await storedGaps(stage.database)).map(({ cause }) => cause);
    expect(causes).toEqual(['sockets_lost', 'down']);
  });
});
