import { expect, it } from 'vitest';
import { loadScenario, SimulatedNetwork, type NodeProfile, Playback } from '../../src/simulator/index.js';
import { chainKeyOf } from '../../src/storage/index.js';
import { hasBrowser, TestBrowser } from '../support/browser.js';
import { TestDatabase } from '../support/databases.js';
import { NetworkClient } from '../support/network-client.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';
import { DashboardAssets } from '../dashboard/dashboard-assets.js';

const LIE = Number.MAX_SAFE_INTEGER;
const SECONDS = 60;

interface Planted {
  profile: NodeProfile;
  greetsOnly: boolean | undefined;
  key: string;
}

/** As a server gets to know it. */
function keyOf({ chain, software, withoutGenesis }: NodeProfile): string {
  const sends = software.details !== 'none' && withoutGenesis !== true;
  return chainKeyOf({ genesisHash: sends ? chain.genesisHash : null, chain: chain.name }) ?? '';
}

interface Chain {
  network: string;
  node_count: number;
  best_height: number | null;
  finalized_height: number | null;
}

interface Node {
  peer_id: string;
  duplicate: boolean;
  connections: number;
  best_height: number | null;
  unconfirmed: boolean;
}

it.skipIf(!hasBrowser)(
  'the scenario identities is shown as it was planted, by the API, the feed and the page',
  { timeout: 180_000 },
  async () => {
    await using database = await TestDatabase.create();
    await using assets = await DashboardAssets.build('.');
    await using server = await TestServer.ready(database.url, { ASSETS_PATH: assets.path });
    const startAt = Date.now();
    const network = new SimulatedNetwork({ scenario: loadScenario('identities'), seed: 1, startAt });
    const planted: Planted[] = network.hosts.flatMap(({ nodes, greetsOnly }) =>
      nodes.map(({ profile }) => ({ profile, greetsOnly, key: keyOf(profile) })),
    );
    const playing = new Playback(network, {
      url: server.ws,
      speed: 1,
      seed: 1,
      endAt: startAt + SECONDS * 1000,
    }).run();

    const peersOf = (key: string): Set<string> =>
      new Set(planted.filter((one) => one.key === key).map(({ profile }) => profile.peerId));
    const keys = [...new Set(planted.map(({ key }) => key))];
    const falseHeights = new Set(
      planted
        .filter(({ profile }) => profile.sendsFalseHeights === true)
        .map(({ profile }) => profile.peerId),
    );
    const get = async <T>(path: string): Promise<T> => (await (await server.get(path)).json()) as T;

    // The chains, with the nodes of each, and no liar's height but where it is alone.
    await waitUntil(
      async () => {
        const chains = await get<Chain[]>('/network');
        expect(new Map(chains.map((one) => [one.network, one.node_count]))).toEqual(
          new Map(keys.map((key) => [key, peersOf(key).size])),
        );
        const largest = chains.filter(({ node_count }) => node_count > 3);
        expect(largest.length).toBeGreaterThan(2);
        for (const { best_height, finalized_height } of largest) {
          expect(best_height).toBeGreaterThan(0);
          expect(finalized_height).toBeGreaterThan(0);
          expect(best_height).toBeLessThan(LIE);
          expect(finalized_height).toBeLessThan(LIE);
        }
        return true;
      },
      { what: 'all chains', timeoutMs: 40_000 },
    );
    expect((await server.get('/network/Development')).status).toBe(409);

    // Each node once: copied keys as one that is marked, and a second socket that says nothing hides no height.
    const twice = planted.filter(({ greetsOnly }) => greetsOnly).map(({ profile }) => profile.peerId);
    const copied = planted.filter(
      ({ profile, greetsOnly }) =>
        !greetsOnly &&
        planted.some(
          (other) =>
            other.profile.peerId === profile.peerId && other.profile.startupTime !== profile.startupTime,
        ),
    );
    expect(copied.length).toBeGreaterThan(2);
    for (const key of keys) {
      const path = `/network/${encodeURIComponent(key)}`;
      await waitUntil(
        async () => {
          const { nodes } = await get<{ nodes: Node[] }>(path);
          const byPeer = new Map(nodes.map((node) => [node.peer_id, node]));
          expect(new Set(byPeer.keys())).toEqual(peersOf(key));
          for (const { peer_id, duplicate, connections, best_height, unconfirmed } of nodes) {
            const isCopied = copied.some((one) => one.key === key && one.profile.peerId === peer_id);
            expect({ peer_id, duplicate }).toEqual({ peer_id, duplicate: isCopied });
            if (twice.includes(peer_id)) expect(connections).toBeGreaterThan(1);
            expect(best_height, peer_id).not.toBeNull();
            if (nodes.length > 3)
              expect(unconfirmed, peer_id).toBe(falseHeights.has(peer_id) && best_height === LIE);
          }
          return true;
        },
        { what: `the nodes of ${key}`, timeoutMs: 30_000 },
      );
    }

    // The same by the feed, and on the page.
    const [liar] = planted.filter(
      ({ profile, key }) => profile.sendsFalseHeights === true && peersOf(key).size > 3,
    );
    const [copy] = copied;
    expect.assert(liar !== undefined && copy !== undefined);
    const feed = await NetworkClient.connect(server.ws);
    feed.subscribe(liar.key);
    await feed.sees(liar.profile.name, { best_height: LIE, unconfirmed: true });
    expect(feed.header.best_height).toBeLessThan(LIE);
    feed.close();

    await using browser = await TestBrowser.launch();
    const { page } = await browser.open(`${server.http}/dashboard/?chain=${encodeURIComponent(copy.key)}`);
    await page.getByText('duplicate').first().waitFor();
    await page.goto(`${server.http}/dashboard/?chain=Development`);
    await page.getByText('Several chains are named Development. Choose one.').waitFor();
    await playing;
  },
);
