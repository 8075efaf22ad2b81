import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FakeNode } from '../support/fake-node.js';
import { waitUntil } from '../support/wait-until.js';
import {
  EXACT_MS,
  flood,
  gapOf,
  letIn,
  nodesOfTwoAddresses,
  ObservedStage,
  pausedIs,
  storedGaps,
} from './observed.js';

const DOWN_MS = 15_000;
const PAUSED_MS = 20_000;
const LOST_MS = 10_000;

describe('gaps that last', { timeout: 300_000 }, () => {
  it.each([false, true])(
    'are exact after a kill; with the database away all the time: %s',
    async (isAway) => {
      await using stage = await ObservedStage.create();
      const proxy = await stage.proxied();
      const { server } = await stage.start({ DATABASE_URL: proxy.url });
      if (isAway) {
        await proxy.cut();
        await sleep(DOWN_MS);
      }
      const killedAt = Date.now();
      await server.end('SIGKILL');
      await sleep(DOWN_MS);
      const next = await stage.spawn({ DATABASE_URL: proxy.url });
      if (isAway) {
        await waitUntil(() => next.log.includes('The database is not ready'), {
          what: 'the next server to wait for the database',
          timeoutMs: 60_000,
        });
        await sleep(DOWN_MS);
        await proxy.listen();
      }
      const acceptingSince = await letIn(next);
      const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
      expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
      expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
      expect(await storedGaps(stage.database)).toHaveLength(1);
    },
  );

  it('are exact while no socket is read', async () => {
    await using stage = await ObservedStage.create();
    const proxy = await stage.proxied();
    const { server } = await stage.start({
      DATABASE_URL: proxy.url,
      JOURNAL_MODE: 'off',
      QUEUE_MAX_MIB: '4',
    });
    const node = await FakeNode.connect(server.ws);
    await proxy.cut();
    await flood(node);
    const pausedAt = await pausedIs(server, true);
    await sleep(PAUSED_MS);
    await proxy.listen();
    const readAt = await pausedIs(server, false, 120_000);
    const gap = await gapOf(stage.database, 'paused', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - pausedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - readAt)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(stage.database)).toHaveLength(1);
  });

  it('are exact if half of the sockets are lost', async () => {
    await using stage = await ObservedStage.create();
    const { server } = await stage.start({ TRUSTED_PROXIES: '127.0.0.1' });
    const nodes = await nodesOfTwoAddresses(server, 200);
    await sleep(LOST_MS);
    const lostAt = Date.now();
    for (const node of nodes.slice(0, 100)) void node.terminate();
    await sleep(LOST_MS);
    expect((await gapOf(stage.database, 'sockets_lost')).ended).toBeNull();
    await nodesOfTwoAddresses(server, 50);
    const backAt = Date.now();
    const gap = await gapOf(stage.database, 'sockets_lost', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - lostAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - backAt)).toBeLessThan(EXACT_MS);
  });
});
