import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasBrowser, TestBrowser } from './support/browser.js';
import { DashboardAssets } from './support/dashboard-assets.js';
import { TestDatabase } from './support/databases.js';
import { TestServer } from './support/test-server.js';
import { waitUntil } from './support/wait-until.js';

const SIMULATOR = resolve(import.meta.dirname, '../dist/simulator/cli.js');
/** The peer of the README: an old build, which reports traces and reputations. */
const PEER = '12D3KooWLBdBrp9qguHjUdKaSHU2zv9dNNmifoqfeVLVyp7dw2SE';
/** `SCREENSHOTS=docs/images npx vitest run test/dashboard-simulated` takes those of the README. */
const SCREENSHOTS = process.env.SCREENSHOTS ?? '';

const PAGES = [
  { folder: '.', path: '/dashboard/', shows: 'tbody tr:not(.space)' },
  { folder: 'node', path: `/dashboard/node/?peer_id=${PEER}`, shows: 'canvas' },
  { folder: 'logs', path: `/dashboard/logs/?peer_id=${PEER}`, shows: 'details' },
  { folder: 'profiling', path: `/dashboard/profiling/?peer_id=${PEER}`, shows: 'canvas' },
  { folder: 'reputation', path: `/dashboard/reputation/?peer_id=${PEER}`, shows: 'table' },
  { folder: 'benchmarks', path: '/dashboard/benchmarks/?id=1', shows: 'table' },
];

/** As in the README, until the test ends it. */
class Simulator implements AsyncDisposable {
  private constructor(private readonly child: ChildProcess) {}

  static async play(server: TestServer): Promise<Simulator> {
    const options = [SIMULATOR, '--nodes', '20', '--url', server.ws];
    const simulator = new Simulator(spawn(process.execPath, options, { stdio: 'ignore' }));
    await waitUntil(
      async () => {
        const reports = await (await server.get(`/reputation/${PEER}?max_age_s=600`)).text();
        const counts = await (await server.get(`/nodes/log_stats?peer_id=${PEER}`)).text();
        return (
          reports !== '[]' && counts.includes('tracing.profiling') && counts.includes('notify.finalized')
        );
      },
      { what: 'the simulated network to have spoken', timeoutMs: 60_000 },
    );
    return simulator;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
  }
}

describe.skipIf(!hasBrowser)('every page, with the simulated network', () => {
  it('is sound in the light, in the dark and on a phone', { timeout: 300_000 }, async () => {
    await using database = await TestDatabase.create();
    await using assets = await DashboardAssets.build(...PAGES.map(({ folder }) => folder));
    await using server = await TestServer.ready(database.url, { ASSETS_PATH: assets.path });
    await using browser = await TestBrowser.launch();
    await using simulator = await Simulator.play(server);
    expect(simulator).toBeDefined();
    const run = {
      setup: { substrate: { peerId: PEER } },
      description: 'Transfers',
      ts_start: '2026-01-01T00:00:00',
    };
    expect((await server.api.POST('/benchmarks', { body: run })).response.status).toBe(201);
    for (const { folder, path, shows } of PAGES) {
      for (const look of ['light', 'dark', 'phone']) {
        const shown = await browser.open(server.http + path, {
          dark: look === 'dark',
          phone: look === 'phone',
        });
        await shown.page.locator(shows).first().waitFor();
        await shown.expectSound();
        if (SCREENSHOTS !== '' && look !== 'phone') {
          await mkdir(SCREENSHOTS, { recursive: true });
          const name = folder === '.' ? 'nodes' : folder;
          await shown.page.screenshot({ path: join(SCREENSHOTS, `${name}-${look}.png`) });
        }
        await shown.page.context().close();
      }
    }
  });
});
