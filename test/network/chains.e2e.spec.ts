import { beforeEach, describe, expect, it } from 'vitest';
import { FakeNode } from '../support/fake-node.js';
import { NetworkClient } from '../support/network-client.js';
import { sharedServer } from '../support/shared-server.js';
import type { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };
const LIE = Number.MAX_SAFE_INTEGER;
const hash = (of: string): string => `0x${Buffer.from(of).toString('hex').padStart(64, '0').slice(-64)}`;

interface Snapshot {
  network: string;
  genesis_hash: string | null;
  chain: string | null;
  header: Record<string, unknown>;
  nodes: (Record<string, unknown> & { id: number })[];
  next_cursor: number | null;
}

/** Of the story that is running: others have left nodes behind. */
let chain = '';
let stories = 0;

async function connect(
  server: TestServer,
  name: string,
  more: object = {},
  localAddress = '127.0.0.1',
): Promise<FakeNode> {
  const node = await FakeNode.connect(server.ws, { localAddress });
  await node.sendConnected({ network_id: `Qm${name}-${chain}`, name, chain, ...more });
  return node;
}

const imports = (node: FakeNode, height: number): Promise<void> =>
  node.sendV1({ msg: 'block.import', best: hash(height.toString()), height, origin: 'NetworkBroadcast' });

async function get(server: TestServer, path: string): Promise<Snapshot> {
  const answer = await server.get(path);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Snapshot;
}

/** The chain, once it is as expected. */
async function seen(server: TestServer, path: string, expected: object): Promise<Snapshot> {
  return await waitUntil(
    async () => {
      const network = await get(server, path);
      expect(network).toMatchObject(expected);
      return network;
    },
    { what: `${path} with ${JSON.stringify(expected)}`, everyMs: 30 },
  );
}

describe('a chain', () => {
  const shared = sharedServer(FAST);

  beforeEach(() => {
    stories += 1;
    chain = `Chain-${stories.toString()}`;
  });

  it('is identified by its genesis hash: two with one name are separate, over HTTP and the feed', async () => {
    const { server } = shared();
    const [one, two] = [hash(`one ${chain}`), hash(`two ${chain}`)];
    await connect(server, 'alice', { genesis_hash: one.toUpperCase().replace('0X', '0x') });
    await connect(server, 'bob', { genesis_hash: two });
    const carol = await connect(server, 'carol', { genesis_hash: two });
    const named = await connect(server, 'dave');
    const found = await seen(server, `/network/${two}`, { header: { node_count: 2 } });
    expect(found).toMatchObject({ network: two, genesis_hash: two, chain });
    expect(found.nodes.map(({ name }) => name).sort()).toEqual(['bob', 'carol']);
    const alone = { network: `name:${chain}`, genesis_hash: null, chain, nodes: [{ name: 'dave' }] };
    await seen(server, `/network/name:${chain}`, alone);
    await seen(server, `/network/${one.toUpperCase().replace('0X', '0x')}`, { nodes: [{ name: 'alice' }] });
    const answer = await server.get(`/network/${chain}`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      409,
      'application/problem+json; charset=utf-8',
    ]);
    const choices = [
      { genesis_hash: two, name: chain, node_count: 2 },
      { genesis_hash: one, name: chain, node_count: 1 },
      { genesis_hash: null, name: chain, node_count: 1 },
    ];
    const problem = (await answer.json()) as { chains: typeof choices };
    expect(problem).toMatchObject({ status: 409, title: 'Conflict' });
    expect(problem.chains).toHaveLength(3);
    expect(problem.chains).toEqual(expect.arrayContaining(choices));
    const listed = (await (await server.get('/network')).json()) as { name: string }[];
    expect(listed.filter(({ name }) => name === chain)).toHaveLength(3);

    const client = await NetworkClient.connect(server.ws);
    const refused: { error?: string; network?: string; chains?: object[] }[] = [];
    client.socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as (typeof refused)[number];
      if (frame.error !== undefined) refused.push(frame);
    });
    client.subscribe(chain);
    await waitUntil(() => refused.length === 1, { what: 'the error' });
    expect(refused[0]).toMatchObject({ network: chain });
    expect(refused[0]?.chains).toEqual(expect.arrayContaining(choices));
    client.subscribe(two, { fields: ['name', 'best_height'] });
    await imports(carol, 5);
    await client.sees('carol', { best_height: 5 });
    expect(client.frames[0]).toMatchObject({ network: two, genesis_hash: two, chain, complete: true });
    expect([...client.nodes.values()].map(({ name }) => name).sort()).toEqual(['bob', 'carol']);
    await named.close();
    client.close();
  });

  it('is found by name among open connections first, then among all', async () => {
    const { server } = shared();
    const [old, now] = [hash(`old ${chain}`), hash(`now ${chain}`)];
    const before = await connect(server, 'before', { genesis_hash: old });
    await seen(server, `/network/${chain}`, { network: old });
    await before.close();
    await waitUntil(async () => (await server.get(`/network/${old}`)).status === 404, { what: 'its end' });
    expect((await server.get(`/network/${chain}`)).status).toBe(404);
    const after = await connect(server, 'after', { genesis_hash: now });
    await seen(server, `/network/${chain}`, { network: now });
    await after.close();
    await waitUntil(async () => (await server.get(`/network/${chain}`)).status === 409, { what: 'both' });
  });

  it('can be subscribed to by name before it has nodes, and again when all have disconnected', async () => {
    const { server } = shared();
    const client = await NetworkClient.connect(server.ws);
    client.subscribe(chain, { fields: ['name'] });
    await waitUntil(() => client.frames.length === 1, { what: 'the first frame' });
    expect(client.frames[0]).toMatchObject({ network: chain, genesis_hash: null, complete: true, nodes: [] });
    for (const name of ['first', 'second']) {
      const node = await connect(server, name, { genesis_hash: hash(`${name} ${chain}`) });
      await client.sees(name, {});
      expect(client.frames.at(-1)).toMatchObject({ network: chain, genesis_hash: hash(`${name} ${chain}`) });
      await node.close();
      await waitUntil(() => client.nodes.size === 0, { what: `the end of ${name}` });
    }
    client.close();
  });

  it('is sent completely to a client that continues by a name that another chain had', async () => {
    const { server } = shared();
    const [old, now] = [hash(`old ${chain}`), hash(`now ${chain}`)];
    const before = await connect(server, 'before', { genesis_hash: old });
    const watching = await NetworkClient.connect(server.ws);
    // The server knows the other chain before the client leaves.
    watching.subscribe(now);
    watching.subscribe(old);
    await watching.sees('before', {});
    const { as_of: since } = (await seen(server, `/network/${chain}`, { network: old })) as Snapshot & {
      as_of: string;
    };
    await before.close();
    await waitUntil(() => watching.nodes.size === 0, { what: 'the end of the old chain' });
    await connect(server, 'after', { genesis_hash: now });
    await seen(server, `/network/${now}`, { nodes: [{ name: 'after' }] });
    const byKey = await NetworkClient.connect(server.ws);
    byKey.subscribe(now, { since });
    await byKey.sees('after', {});
    expect(byKey.frames[0]?.complete).toBeUndefined();
    const byName = await NetworkClient.connect(server.ws);
    byName.subscribe(chain, { since });
    await byName.sees('after', {});
    expect(byName.frames[0]).toMatchObject({ genesis_hash: now, complete: true });
    for (const client of [watching, byKey, byName]) client.close();
  });

  it('merges a node with two sockets, whichever of them is silent and whichever ends', async () => {
    const { server } = shared();
    const older = await connect(server, 'older', { network_id: `Qm-${chain}` });
    const newer = await connect(server, 'older', { network_id: `Qm-${chain}` });
    await seen(server, `/network/${chain}`, { nodes: [{ connections: 2, duplicate: false }] });
    await imports(older, 4);
    const both = await seen(server, `/network/${chain}`, { nodes: [{ best_height: 4, connections: 2 }] });
    expect(both.nodes).toHaveLength(1);
    const client = await NetworkClient.connect(server.ws);
    client.subscribe(chain, { fields: ['name', 'best_height'] });
    await client.sees('older', { best_height: 4, id: both.nodes[0]?.id });
    await newer.sendV1({ msg: 'system.interval', peers: 3 });
    await older.close();
    const [node] = (await seen(server, `/network/${chain}`, { nodes: [{ connections: 1, peers: 3 }] })).nodes;
    expect(node?.best_height).toBeNull();
    expect(node?.id).not.toBe(both.nodes[0]?.id);
    await client.sees('older', { id: node?.id, best_height: null });
    await waitUntil(() => client.nodes.size === 1, { what: 'the end of the former id' });
    expect(client.frames.flatMap(({ gone }) => gone)).toEqual([both.nodes[0]?.id]);
    const third = await connect(server, 'older', { network_id: `Qm-${chain}` });
    await imports(newer, 6);
    await seen(server, `/network/${chain}`, { nodes: [{ best_height: 6, connections: 2 }] });
    await third.close();
    await seen(server, `/network/${chain}`, { nodes: [{ best_height: 6, connections: 1, id: node?.id }] });
    client.close();
  });

  it('evaluates the newest of many connections of a node, which keeps its id', async () => {
    const { server } = shared();
    const node = await FakeNode.connect(server.ws);
    const greet = (id: number): Promise<void> =>
      node.sendConnected({ network_id: `Qm-${chain}`, chain, genesis_hash: hash(chain) }, id);
    await greet(1);
    const [first] = (await seen(server, `/network/${chain}`, { nodes: [{ connections: 1 }] })).nodes;
    for (let id = 2; id <= 20; id += 1) await greet(id);
    await node.sendV2(20, { msg: 'system.interval', peers: 9 });
    const { nodes } = await seen(server, `/network/${chain}`, { nodes: [{ connections: 17, peers: 9 }] });
    expect(nodes.map(({ id }) => id)).toEqual([first?.id]);
  });

  it('marks several nodes with one peer id as duplicates', async () => {
    const { server } = shared();
    await connect(server, 'one', { network_id: `Qm-${chain}`, startup_time: '1767323045678' });
    await seen(server, `/network/${chain}`, { nodes: [{ duplicate: false }] });
    await connect(server, 'one', { network_id: `Qm-${chain}`, startup_time: '1767323099999' });
    await seen(server, `/network/${chain}`, { nodes: [{ duplicate: true, connections: 2 }] });
  });

  it('has no best or finalized height that a single node invents, in any response', async () => {
    const { server } = shared();
    const [alice, bob] = [await connect(server, 'alice'), await connect(server, 'bob', {}, '127.0.0.2')];
    const liar = await connect(server, 'liar', {}, '127.0.0.3');
    await liar.sendV1({ msg: 'block.import', best: hash('lie'), height: LIE, origin: 'NetworkBroadcast' });
    await liar.sendV1({ msg: 'notify.finalized', best: hash('lie'), height: LIE.toString() });
    const header = { best_height: LIE, finalized_height: LIE, single_source: true };
    await seen(server, `/network/${chain}`, { header });
    for (const node of [alice, bob]) {
      await imports(node, 11);
      await imports(node, 12);
      await node.sendV1({ msg: 'notify.finalized', best: hash('10'), height: '10' });
    }
    const { header: said, nodes } = await seen(server, `/network/${chain}`, {
      header: { best_height: 12, best_hash: hash('12'), finalized_height: 10, single_source: false },
    });
    expect(said.average_block_time_ms).toBeLessThan(10_000);
    const unconfirmed = Object.fromEntries(nodes.map((node) => [String(node.name), node.unconfirmed]));
    expect(unconfirmed).toEqual({ alice: false, bob: false, liar: true });
    // Unrequested views are dropped: the list then uses a sample of nodes.
    const listed = (await (await server.get('/network')).json()) as { name: string }[];
    expect(listed.find(({ name }) => name === chain)).toMatchObject({
      best_height: 12,
      finalized_height: 10,
    });
  });

  it('is listed with the heights of a sample of its nodes without subscriptions', async () => {
    const { server } = shared();
    const names = ['alice', 'bob', 'carol'];
    const nodes = await Promise.all(
      names.map((name, at) => connect(server, name, {}, `127.0.0.${(at + 1).toString()}`)),
    );
    for (const node of nodes) await imports(node, 7);
    await nodes[2]?.sendV1({ msg: 'block.import', best: hash('lie'), height: LIE, origin: 'Own' });
    await waitUntil(
      async () => {
        const chains = (await (await server.get('/network')).json()) as { name: string }[];
        const found = chains.find(({ name }) => name === chain);
        expect(found).toMatchObject({ network: `name:${chain}`, node_count: 3, best_height: 7 });
        return true;
      },
      { what: 'the chain in the list' },
    );
    expect(await (await server.get('/metrics')).text()).toMatch(/^tetcore_network_chains \d+$/m);
  });

  it('comes in pages, sorted by node id', async () => {
    const { server } = shared();
    const node = await FakeNode.connect(server.ws);
    for (let id = 1; id <= 7; id += 1) {
      await node.sendConnected({ network_id: `Qm${id.toString()}-${chain}`, chain }, id);
    }
    const all = await seen(server, `/network/${chain}`, { header: { node_count: 7, shown_count: 7 } });
    expect(all.next_cursor).toBeNull();
    const found: number[] = [];
    let cursor: number | null = null;
    do {
      const page: Snapshot = await get(
        server,
        `/network/${chain}?limit=3${cursor === null ? '' : `&cursor=${cursor.toString()}`}`,
      );
      expect(page.header).toMatchObject({ node_count: 7 });
      found.push(...page.nodes.map(({ id }) => id));
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(found).toEqual(all.nodes.map(({ id }) => id));
    expect(found).toEqual([...found].sort((one, other) => one - other));
    expect(found).toHaveLength(7);
    for (const query of ['limit=0', 'limit=5001', 'cursor=x', 'after=1']) {
      expect([query, (await server.get(`/network/${chain}?${query}`)).status]).toEqual([query, 400]);
    }
  });
});
