import { Logger } from '@nestjs/common';
import { expect, it } from 'vitest';
import { readSettings } from '../../src/platform/config/index.js';
import { DatabaseSink } from '../../src/simulator/database/database-sink.js';
import { fill, SimulatedNetwork, Playback, readScenario } from '../../src/simulator/index.js';
import { DashboardAssets } from '../dashboard/dashboard-assets.js';
import { EXACT_MS, storedGaps } from '../observer/observed.js';
import { hasBrowser, TestBrowser } from '../support/browser.js';
import { TestDatabase } from '../support/databases.js';
import { NetworkClient } from '../support/network-client.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

// What storage says of its work would drown what a test says.
Logger.overrideLogger(['fatal']);

const MINUTE_MS = 60_000;
const REPORTS_S = 10;
/** In the history, minutes after its beginning. */
const PAST = { afterMinutes: 20, forMinutes: 2 };
/** While a server is there. */
const LIVE = { afterMinutes: 0.5, forMinutes: 0.25 };
const SEED = 3;

const scenario = (outage: typeof PAST) =>
  readScenario({
    nodes: 12,
    audit: 0,
    chains: [{ name: 'Simnet' }],
    software: { polkadot: 2, tetcore: 1 },
    verbosity: { '0': 1 },
    reports: { intervalSeconds: REPORTS_S },
    outages: [outage],
  });

interface Connection {
  created_at: string;
  ended_at: string | null;
  end_reason: string | null;
  end_code: number | null;
  connected: boolean;
}

it.skipIf(!hasBrowser)(
  'an outage of the collector is shown as it was planted, by the API, the feed and the page',
  { timeout: 240_000 },
  async () => {
    await using database = await TestDatabase.create();
    await using assets = await DashboardAssets.build('.', 'node');
    const endAt = Date.now();
    const startAt = endAt - 30 * MINUTE_MS;
    const from = startAt + PAST.afterMinutes * MINUTE_MS;
    const to = from + PAST.forMinutes * MINUTE_MS;
    const history = new SimulatedNetwork({ scenario: scenario(PAST), seed: SEED, startAt });
    const sink = await DatabaseSink.open({ url: database.url, settings: readSettings({}) });
    await fill(history, sink, { endAt });
    await sink.end();

    const gaps = await storedGaps(database);
    const [{ began, ended } = { began: NaN, ended: NaN }] = gaps;
    expect(gaps).toHaveLength(1);
    expect(gaps[0]?.cause).toBe('down');
    expect(Math.abs(began - from)).toBeLessThan(EXACT_MS);
    expect(Math.abs((ended ?? NaN) - to)).toBeLessThan(EXACT_MS);

    // The same nodes go on at a server.
    await using server = await TestServer.ready(database.url, { ASSETS_PATH: assets.path });
    const live = new SimulatedNetwork({ scenario: scenario(LIVE), seed: SEED, startAt: Date.now() });
    const nodes = history.nodes.map(({ profile }) => profile);
    const peers = new Set(nodes.map(({ peerId }) => peerId));
    expect(new Set(live.nodes.map(({ profile }) => profile.peerId))).toEqual(peers);
    const [chain] = new Set(nodes.map((profile) => profile.chain.genesisHash));
    expect.assert(chain !== undefined);
    const feed = await NetworkClient.connect(server.ws);
    feed.subscribe(chain);
    const stop = new AbortController();
    const playing = new Playback(live, { url: server.ws, speed: 1, seed: SEED, signal: stop.signal }).run();

    const get = async <T>(path: string): Promise<T> => (await (await server.get(path)).json()) as T;
    const shown = (): Set<unknown> => new Set([...feed.nodes.values()].map(({ name }) => name));
    const names = new Set(nodes.map(({ name }) => name));
    const allUp = async (): Promise<void> => {
      await waitUntil(
        async () => {
          const all = await get<{ peer_id: string; connected: boolean }[]>('/nodes');
          expect(new Set(all.map(({ peer_id }) => peer_id))).toEqual(peers);
          expect(all.filter(({ connected }) => !connected)).toEqual([]);
          const [network] = await get<{ node_count: number }[]>('/network');
          expect(network?.node_count).toBe(peers.size);
          expect(shown()).toEqual(names);
          return true;
        },
        { what: 'all nodes to be up', timeoutMs: 60_000, everyMs: 100 },
      );
    };
    await allUp();

    // With a server that stays, all nodes go at the same time, and come back.
    await waitUntil(() => shown().size === 0, { what: 'no node in the feed', timeoutMs: 60_000 });
    expect(await get<unknown[]>('/network')).toEqual([]);
    await allUp();
    expect(await storedGaps(database)).toEqual(gaps);

    // What was open in the past ended with its collector, and the node came to the next one as soon as it dialled.
    for (const { peerId, software } of nodes) {
      const connections = await get<Connection[]>(`/nodes/${peerId}/connections`);
      expect(connections).toMatchObject([
        { connected: true, end_reason: null },
        { connected: false, end_reason: 'closed', end_code: 1000 },
        { connected: false, end_reason: 'closed', end_code: 1000 },
        { connected: false, end_reason: 'collector_lost', end_code: null },
      ]);
      const [, , again, lost] = connections;
      const lastHeard = from - Date.parse(lost?.ended_at ?? '');
      expect(lastHeard).toBeGreaterThanOrEqual(0);
      expect(lastHeard).toBeLessThanOrEqual(1.1 * REPORTS_S * 1000);
      const back = Date.parse(again?.created_at ?? '') - to;
      expect(back).toBeGreaterThanOrEqual(0);
      expect(back).toBeLessThanOrEqual(software.redialMs[1]);
    }

    await using browser = await TestBrowser.launch();
    const { peerId, name } = nodes[0] ?? { peerId: '', name: '' };
    const { page } = await browser.open(`${server.http}/dashboard/node/?peer_id=${peerId}`);
    await page.getByRole('heading', { name }).waitFor();
    const rows = page.getByRole('region', { name: 'Sessions' }).locator('tbody tr');
    await expect.poll(() => rows.count()).toBe(4);
    expect(await rows.nth(0).innerText()).toContain('Open');
    expect(await rows.nth(1).innerText()).toContain('Closed by the node (1000)');
    expect(await rows.nth(3).innerText()).toContain('Server crashed or lost');
    expect(await page.locator('.timeline .unknown').count()).toBeGreaterThan(0);

    await page.goto(`${server.http}/dashboard/?chain=${chain}`);
    await page.getByText(name).first().waitFor();
    feed.close();
    stop.abort();
    await playing;
  },
);
