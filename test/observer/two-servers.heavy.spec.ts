import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { waitUntil } from '../support/wait-until.js';
import { EXACT_MS, gapOf, lastHeartbeat, ObservedStage, storedGaps } from './observed.js';

/** Longer than a silent process counts as alive, and than the next two checks take. */
const AWAY_MS = 100_000;

// Side by side, because they wait for minutes.
describe.concurrent('gaps of two servers', { timeout: 600_000 }, () => {
  it('do not exist while two servers cannot reach the database for longer than the dead interval', async () => {
    await using stage = await ObservedStage.create();
    const proxy = await stage.proxied();
    const folders = [stage.dataDir, await stage.folder()];
    const servers = [];
    for (const path of folders) {
      servers.push((await stage.start({ DATABASE_URL: proxy.url, DATA_DIR: path })).server);
    }
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
    expect(await storedGaps(stage.database)).toEqual([]);
    for (const server of servers) expect(await server.end('SIGTERM')).toBe(0);
  });

  it('have no end if one of two servers does not return, until its folder does', async () => {
    await using stage = await ObservedStage.create();
    const { server: gone } = await stage.start();
    const [{ number } = { number: 0 }] = await stage.database.query<{ number: number }>(
      'SELECT number FROM collectors',
    );
    await stage.start({ DATA_DIR: await stage.folder() });
    const killedAt = Date.now();
    await gone.end('SIGKILL');
    const open = await gapOf(stage.database, 'down', () => true, 150_000);
    expect(open).toMatchObject({ collector: number, ended: null });
    // It was seen every 15 s.
    expect(killedAt - open.began).toBeLessThan(16_000);
    expect(Date.now() - killedAt).toBeLessThan(100_000);
    const { acceptingSince } = await stage.start();
    const gap = await gapOf(stage.database, 'down', ({ ended }) => ended !== null);
    expect(Math.abs(gap.began - killedAt)).toBeLessThan(EXACT_MS);
    expect(Math.abs((gap.ended ?? 0) - acceptingSince)).toBeLessThan(EXACT_MS);
    expect(await storedGaps(stage.database)).toHaveLength(1);
  });
});
