import { describe, expect, it } from 'vitest';
import { registerAllNodes } from '../../src/registry/index.js';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { rebuildRange, storeHistory } from '../insight/simulated-history.js';
import { plantedChain, spreadBlocks } from '../insight/planted-chain.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { onDatabase } from '../support/on-database.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const MINUTE_MS = 60_000;
const startAt = Math.floor(Date.now() / MINUTE_MS - 30) * MINUTE_MS;
const endAt = startAt + 12 * MINUTE_MS;
const GENESIS = `0x${'ab'.repeat(32)}`;

const options: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('small'),
    nodes: 8,
    chains: [
      { name: 'Development', startHeight: 5_000 },
      { name: 'Development', salt: 'another', startHeight: 9_000, finality: { blocks: [4, 4] } },
    ],
    software: { polkadot: 1 },
    lagging: {},
  }),
  seed: 6,
  startAt,
};

interface KnownChain {
  genesis_hash: string | null;
  name: string | null;
  other_names: string[];
  node_count: number;
  validator_count: number;
  best_height: number | null;
  finalized_height: number | null;
  first_seen_at: string | null;
  last_seen_at: string | null;
}

describe('GET /chains', { timeout: 60_000 }, () => {
  it('lists chains of the past and the present, also those with one name, by their genesis hashes', async () => {
    await using database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    await rebuildRange(database, startAt, endAt);
    await using server = await TestServer.ready(database.url);
    const list = async (query = ''): Promise<KnownChain[]> =>
      (await (await server.get(`/chains${query}`)).json()) as KnownChain[];

    const past = await list();
    expect(past).toHaveLength(2);
    for (const chain of past) {
      const truth = plantedChain(options, endAt, chain.genesis_hash ?? '');
      const heights = spreadBlocks(truth).map(({ height }) => height);
      expect(chain).toMatchObject({
        name: 'Development',
        other_names: [],
        node_count: 0,
        validator_count: 0,
      });
      const best = chain.best_height ?? NaN;
      expect(Math.max(...heights) - best).toBeLessThanOrEqual(1);
      const finals = [...truth.finalized.values()].map((reports) => reports.at(-1)?.height ?? 0);
      expect(Math.abs((chain.finalized_height ?? NaN) - Math.max(...finals))).toBeLessThanOrEqual(1);
      expect(Date.parse(chain.first_seen_at ?? '')).toBeGreaterThanOrEqual(startAt);
      expect(Date.parse(chain.last_seen_at ?? '')).toBeGreaterThan(endAt - MINUTE_MS);
      expect(Date.parse(chain.last_seen_at ?? '')).toBeLessThan(endAt);
    }

    const connect = async (name: string, authority: boolean, chain: string): Promise<void> => {
      const node = await FakeNode.connect(server.ws);
      await node.sendConnected({ network_id: `Qm${name}`, name, chain, authority, genesis_hash: GENESIS });
      await node.sendV1({ msg: 'block.import', best: `0x${'01'.repeat(32)}`, height: 77, origin: 'Own' });
    };
    await connect('alice', true, 'Testnet');
    await connect('bob', false, 'Testnet');
    const [current] = await waitUntil(
      async () => {
        const chains = await list();
        expect(chains[0]).toMatchObject({ genesis_hash: GENESIS, node_count: 2, best_height: 77 });
        return chains;
      },
      { what: 'the new chain with its height' },
    );
    expect(current).toMatchObject({ name: 'Testnet', validator_count: 1, finalized_height: null });

    await connect('carol', false, 'Testnet 2');
    await waitUntil(
      async () => {
        await onDatabase(database.url, registerAllNodes);
        const [chain, ...others] = await list();
        expect(chain).toMatchObject({ node_count: 3, name: 'Testnet', other_names: ['Testnet 2'] });
        expect(Date.parse(chain?.first_seen_at ?? '')).toBeGreaterThan(endAt);
        expect(others).toEqual(past);
        return true;
      },
      { what: 'the other name, and the times of the registry' },
    );
    expect(await list('?limit=1')).toMatchObject([{ genesis_hash: GENESIS }]);
    expect((await server.get('/chains?limit=0')).status).toBe(400);
  });
});
