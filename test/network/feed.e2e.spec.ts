import { beforeEach, describe, expect, it } from 'vitest';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { NetworkClient } from '../support/network-client.js';
import { sharedServer } from '../support/shared-server.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };

/** Of the story that is running: others have left nodes behind. */
let chain = '';
let stories = 0;
const peerOf = (name: string): string => `Qm${name}${stories.toString()}`;

async function connect(server: TestServer, name: string): Promise<FakeNode> {
  const node = await FakeNode.connect(server.ws);
  await node.sendConnected({ network_id: peerOf(name), name, chain });
  return node;
}

const imports = (node: FakeNode, height: number): Promise<void> =>
  node.sendV1({ msg: 'block.import', best: `0x${height.toString()}`, height, origin: 'NetworkBroadcast' });

describe('the live feed of a network', () => {
  const shared = sharedServer(FAST);

  beforeEach(() => {
    stories += 1;
    chain = `Testnet-${stories.toString()}`;
  });

  it('sends the complete state, then changes of the requested fields, and ids that are gone', async () => {
    const { server } = shared();
    const [alice, bob] = [await connect(server, 'alice'), await connect(server, 'bob')];
    const client = await NetworkClient.connect(server.ws);
    client.subscribe(chain, { fields: ['name', 'peers', 'best_height'] });
    const { id } = await client.sees('alice', { peers: null });
    await client.sees('bob', {});
    expect(client.frames[0]).toMatchObject({ network: chain, complete: true, gone: [] });
    const before = client.frames.length;
    await alice.sendV1({ msg: 'system.interval', peers: 5 });
    await client.sees('alice', { peers: 5 });
    const changes = client.frames.slice(before);
    expect(changes.flatMap(({ nodes }) => nodes)).toEqual([{ id, peers: 5 }]);
    expect(changes.some(({ complete }) => complete)).toBe(false);
    await imports(alice, 7);
    await client.sees('alice', { best_height: 7, peers: 5 });
    await waitUntil(() => client.header.best_height === 7, { what: 'the header' });
    await bob.close();
    await waitUntil(() => client.nodes.size === 1, { what: 'the end of bob' });
    const carol = await connect(server, 'carol');
    await client.sees('carol', {});
    client.send({ network: chain, interest: 'unsubscribe' });
    await waitUntil(
      async () => {
        const count = client.frames.length;
        await imports(carol, 8);
        await new Promise((resolve) => setTimeout(resolve, 200));
        return client.frames.length === count;
      },
      { what: 'silence' },
    );
    client.close();
  });

  it('continues after a snapshot, also of another server', async () => {
    const { database, server: one } = shared();
    await using two = await TestServer.ready(database.url, FAST);
    const [alice, bob] = [await connect(one, 'alice'), await connect(one, 'bob')];
    await waitUntil(
      async () => {
        // Both have the chain before the snapshot is read.
        for (const server of [one, two]) {
          const { nodes } = (await (await server.get(`/network/${chain}`)).json()) as {
            nodes: unknown[];
          };
          expect(nodes).toHaveLength(2);
        }
        return true;
      },
      { what: 'both nodes at both servers' },
    );
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const snapshot = (await (await one.get(`/network/${chain}`)).json()) as {
      as_of: string;
    };
    await imports(alice, 3);
    await bob.close();
    const client = await NetworkClient.connect(two.ws);
    client.subscribe(chain, { since: snapshot.as_of });
    await waitUntil(() => client.frames.flatMap(({ gone }) => gone).length === 1, { what: 'the end of bob' });
    await waitUntil(() => [...client.nodes.values()].some((node) => node.best_height === 3), {
      what: 'the block of alice',
    });
    expect(client.frames.some(({ complete }) => complete)).toBe(false);
    // Of alice it has what changed, and no more.
    expect([...client.nodes.values()].some((node) => 'version' in node)).toBe(false);
    const late = await NetworkClient.connect(two.ws);
    late.subscribe(chain, { since: '2020-01-01T00:00:00Z' });
    await late.sees('alice', { best_height: 3 });
    expect(late.frames[0]?.complete).toBe(true);
    expect(late.nodes.size).toBe(1);
    late.close();
    client.close();
  });

  it('waits for a chain without nodes, and does not affect other subscriptions', async () => {
    const { server } = shared();
    const client = await NetworkClient.connect(server.ws);
    client.subscribe(chain);
    await waitUntil(() => client.frames.length > 0, { what: 'the first frame' });
    expect(client.frames[0]).toMatchObject({ complete: true, nodes: [], header: { node_count: 0 } });
    const alice = await connect(server, 'alice');
    await client.sees('alice', { peer_id: peerOf('alice') });
    const raw = await FeedClient.connect(server.ws);
    raw.subscribe(peerOf('alice'), 'block.import');
    raw.send({ network: chain, interest: 'subscribe', fields: [] });
    await imports(alice, 1);
    await waitUntil(() => raw.frames.some((frame) => 'network' in frame), { what: 'the network' });
    await waitUntil(() => raw.frames.some((frame) => 'peer_message' in frame), { what: 'messages' });
    client.close();
    await raw.close();
  });

  it('sends a slow client the newest state once, and no earlier ones', async () => {
    const { server } = shared();
    const alice = await connect(server, 'alice');
    const early = await NetworkClient.connect(server.ws);
    early.subscribe(chain, { fields: ['name', 'best_height'] });
    await early.sees('alice', {});
    for (let height = 1; height <= 5; height += 1) {
      await imports(alice, height);
      await early.sees('alice', { best_height: height });
    }
    const last = await NetworkClient.connect(server.ws);
    last.subscribe(chain, { fields: ['name', 'best_height'] });
    await last.sees('alice', { best_height: 5 });
    expect(last.frames).toHaveLength(1);
    for (const client of [early, last]) client.close();
  });

  it('limits the chains of a socket, and does not affect others', async () => {
    const { server } = shared();
    const alice = await connect(server, 'alice');
    const greedy = await NetworkClient.connect(server.ws);
    for (let index = 0; index < 40; index += 1) greedy.subscribe(`Nowhere ${index.toString()}`, {});
    await waitUntil(() => greedy.errors.length === 24, { what: 'the errors' });
    expect(new Set(greedy.errors)).toEqual(
      new Set(['A socket can have at most 16 subscriptions to a network.']),
    );
    const other = await NetworkClient.connect(server.ws);
    other.subscribe(chain, { fields: ['name', 'best_height'] });
    await other.sees('alice', {});
    await imports(alice, 3);
    await other.sees('alice', { best_height: 3 });
    for (const client of [greedy, other]) client.close();
  });

  it('moves a node that changes its chain, without its earlier reports', async () => {
    const { server } = shared();
    const alice = await connect(server, 'alice');
    const clients = [await NetworkClient.connect(server.ws), await NetworkClient.connect(server.ws)] as const;
    for (const [at, name] of [chain, `Other-${chain}`].entries()) {
      clients[at]?.subscribe(name, { fields: ['name', 'best_height'] });
    }
    await imports(alice, 3);
    await clients[0].sees('alice', { best_height: 3 });
    await alice.sendConnected({ network_id: peerOf('alice'), name: 'alice', chain: `Other-${chain}` });
    await clients[1].sees('alice', { best_height: null });
    await imports(alice, 4);
    await clients[1].sees('alice', { best_height: 4 });
    await waitUntil(() => clients[0].nodes.size === 0, { what: 'the end of alice on the first chain' });
    for (const client of clients) client.close();
  });

  it.each([
    [{ network: 'x' }, 'interest'],
    [{ network: '', interest: 'subscribe' }, 'network'],
    [{ network: ['x'], interest: 'subscribe' }, 'network'],
    [{ network: 'x', interest: 'subscribe', fields: ['password'] }, 'fields'],
    [{ network: 'x', interest: 'subscribe', fields: 'name' }, 'fields'],
    [{ network: 'x', interest: 'subscribe', fields: [[['name']]] }, 'fields'],
    [{ network: 'x', interest: 'subscribe', since: 'yesterday' }, 'since'],
    [{ network: 'x', interest: 'subscribe', peer_id: 'y' }, 'peer_id'],
  ])('says what is wrong with %j', async (request, field) => {
    const { server } = shared();
    const client = await NetworkClient.connect(server.ws);
    client.send(request);
    const [error] = await waitUntil(() => client.errors.length > 0 && client.errors, { what: 'the error' });
    expect(error).toMatch(new RegExp(`^${field} `));
    client.close();
  });
});
