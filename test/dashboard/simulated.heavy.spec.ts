import { describe, expect, it } from 'vitest';
import { hasBrowser, TestBrowser } from '../support/browser.js';
import { DashboardAssets } from './dashboard-assets.js';
import { TestDatabase } from '../support/databases.js';
import { ReadmeNetwork } from '../support/readme-network.js';
import { TestServer } from '../support/test-server.js';

const { PEER } = ReadmeNetwork;

const PAGES = [
  { folder: '.', path: '/dashboard/', shows: 'tbody tr:not(.space)' },
  { folder: 'node', path: `/dashboard/node/?peer_id=${PEER}`, shows: 'canvas' },
  { folder: 'logs', path: `/dashboard/logs/?peer_id=${PEER}`, shows: 'details' },
  { folder: 'profiling', path: `/dashboard/profiling/?peer_id=${PEER}`, shows: 'canvas' },
  { folder: 'reputation', path: `/dashboard/reputation/?peer_id=${PEER}`, shows: 'table' },
  { folder: 'benchmarks', path: '/dashboard/benchmarks/?id=1', shows: 'table' },
];

describe.skipIf(!hasBrowser)('every page, with the simulated network', () => {
  it('works in light and dark mode and on a phone', { timeout: 300_000 }, async () => {
    await using database = await TestDatabase.create();
    await using assets = await DashboardAssets.build(...PAGES.map(({ folder }) => folder));
    await using server = await TestServer.ready(database.url, { ASSETS_PATH: assets.path });
    await using browser = await TestBrowser.launch();
    await using network = await ReadmeNetwork.play(server);
    expect(network).toBeDefined();
    const run = {
      setup: { substrate: { peerId: PEER } },
      description: 'Transfers',
      ts_start: '2026-01-01T00:00:00',
    };
    expect((await server.api.POST('/benchmarks', { body: run })).response.status).toBe(201);
    for (const { path, shows } of PAGES) {
      for (const look of ['light', 'dark', 'phone']) {
        const shown = await browser.open(server.http + path, {
          dark: look === 'dark',
          phone: look === 'phone',
        });
        await shown.page.locator(shows).first().waitFor();
        await shown.expectAccessible();
        await shown.page.context().close();
      }
    }
  });
});
