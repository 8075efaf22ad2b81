import { expect, it } from 'vitest';
import { NodeRegistry } from '../../src/registry/index.js';
import { loadScenario, SimulatedNetwork, type NodeProfile, Playback } from '../../src/simulator/index.js';
import { chainKeyOf, typeSql } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const SECONDS = 30;

/** As a server gets to know it. */
function keyOf({ chain, software, withoutGenesis }: NodeProfile): string | null {
  const sends = software.details !== 'none' && withoutGenesis !== true;
  return chainKeyOf({ genesisHash: sends ? chain.genesisHash : null, chain: chain.name });
}

it('the scenario identities is stored as planned', { timeout: 60_000 }, async () => {
  await using database = await TestDatabase.create();
  await using server = await TestServer.ready(database.url);
  const startAt = Date.now() - SECONDS * 1000;
  const network = new SimulatedNetwork({ scenario: loadScenario('identities'), seed: 1, startAt });
  await new Playback(network, {
    url: server.ws,
    speed: Infinity,
    seed: 1,
    endAt: startAt + SECONDS * 1000,
  }).run();
  const planted = network.hosts.flatMap(({ nodes, greetsOnly }) =>
    nodes.map(({ profile }) => ({ profile, greetsOnly, key: keyOf(profile) })),
  );
  await waitUntil(
    async () =>
      (await database.query('SELECT FROM peer_connections WHERE ended_at IS NOT NULL')).length ===
      planted.length,
    { what: 'every connection to be stored with its end' },
  );
  await server.server.app.get(NodeRegistry).update();

  const pairs = new Set(planted.map(({ profile, key }) => `${String(key)} ${profile.peerId}`));
  const stored = await database.query<{ key: string; name: string; peer_id: string }>(
    'SELECT key, chains.name, peer_id FROM nodes JOIN chains ON chains.id = chain_id',
  );
  expect(new Set(stored.map(({ key, peer_id }) => `${key} ${peer_id}`))).toEqual(pairs);
  expect(stored).toHaveLength(pairs.size);

  // Two hashes, and the nodes that send none.
  const development = stored.filter(({ name }) => name === 'Development').map(({ key }) => key);
  expect(new Set(development).size).toBe(3);
  expect(development).toContain('name:Development');

  const names = await database.query<{ peer_id: string; names: string[] }>(
    `SELECT peer_id, array_agg(DISTINCT name ORDER BY name) AS names FROM peer_connections
      GROUP BY peer_id HAVING count(DISTINCT (name, startup_time)) = 2`,
  );
  const copies = planted.filter(
    ({ profile, greetsOnly }) =>
      !greetsOnly &&
      planted.some((other) => other.profile !== profile && other.profile.peerId === profile.peerId),
  );
  expect(names).toHaveLength(4);
  expect(names.flatMap((row) => row.names).sort()).toEqual(copies.map(({ profile }) => profile.name).sort());

  const greetings = await database.query<{ peer_id: string }>(
    `SELECT peer_id FROM peer_connections
      WHERE types = ARRAY[${typeSql('system.connected')}]::smallint[] ORDER BY peer_id`,
  );
  const seconds = planted.filter(({ greetsOnly }) => greetsOnly).map(({ profile }) => profile.peerId);
  expect(seconds).toHaveLength(4);
  expect(greetings.map(({ peer_id }) => peer_id)).toEqual(seconds.sort());

  const liars = await database.query<{ peer_id: string }>(
    `SELECT DISTINCT peer_id FROM tetcore_logs JOIN peer_connections AS c ON c.id = peer_connection_id
      WHERE msg = 'system.interval' AND logs @> '{"height": 9007199254740991, "finalized_height": 9007199254740991}'
      ORDER BY peer_id`,
  );
  const lying = planted.filter(
    ({ profile, greetsOnly }) => profile.sendsFalseHeights === true && !greetsOnly,
  );
  expect(lying).toHaveLength(2);
  expect(liars.map(({ peer_id }) => peer_id)).toEqual(lying.map(({ profile }) => profile.peerId).sort());
});
