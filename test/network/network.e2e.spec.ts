import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { frame, RawSocket } from '../support/raw-socket.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };
const HOSTILE = '<img src=x onerror=alert(1)>';
const hash = (height: number): string => `0x${height.toString(16).padStart(64, '0')}`;

interface Snapshot {
  network: string;
  as_of: string;
  header: Record<string, unknown>;
  nodes: (Record<string, unknown> & { id: number })[];
}

async function connect(server: TestServer, name: string, more: object = {}): Promise<FakeNode> {
  const node = await FakeNode.connect(server.ws);
  await node.sendConnected({ network_id: `Qm${name}`, name, chain: 'Testnet', ...more });
  return node;
}

const imports = (node: FakeNode, height: number, ts?: string, origin = 'NetworkBroadcast'): Promise<void> =>
  node.sendV1({ msg: 'block.import', best: hash(height), height, origin }, ts);

async function snapshot(server: TestServer, chain = 'Testnet'): Promise<Snapshot> {
  const answer = await server.get(`/network/${encodeURIComponent(chain)}`);
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as Snapshot;
}

/** The node of a name, once it is as expected. */
async function seen(
  server: TestServer,
  name: string,
  expected: object,
  chain?: string,
): Promise<Snapshot['nodes'][number]> {
  return await waitUntil(
    async () => {
      const node = (await snapshot(server, chain)).nodes.find((one) => one.name === name);
      expect(node).toMatchObject(expected);
      return node;
    },
    { what: `${name} with ${JSON.stringify(expected)}`, everyMs: 30 },
  );
}

async function stored(database: TestDatabase, count: number): Promise<void> {
  await waitUntil(async () => (await database.query('SELECT FROM tetcore_logs')).length === count, {
    what: `${count} messages`,
  });
}

describe('the network of a chain', () => {
  it('has the latest reports of its nodes, read from the database', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const node = await connect(server, 'alice', { authority: true, version: '2.0', implementation: 'X' });
    await imports(node, 100);
    await imports(node, 101);
    await node.sendV1({
      msg: 'system.interval',
      height: 101,
      best: hash(101),
      txcount: 7,
      finalized_height: 98,
      finalized_hash: hash(98),
    });
    await node.sendV1({
      msg: 'system.interval',
      peers: 12,
      bandwidth_upload: 1000.5,
      bandwidth_download: 2000,
    });
    await node.sendV1({ msg: 'notify.finalized', best: hash(99), height: '99' });
    await node.sendV1({ msg: 'txpool.import', ready: 8, future: 1 });
    await stored(database, 7);
    const { header, nodes, network } = await snapshot(server);
    expect(network).toBe('name:Testnet');
    expect(nodes).toHaveLength(1);
    expect(nodes[0]).toMatchObject({
      peer_id: 'Qmalice',
      name: 'alice',
      authority: true,
      implementation: 'X',
      version: '2.0',
      peers: 12,
      transactions: 8,
      best_height: 101,
      best_hash: hash(101),
      finalized_height: 99,
      finalized_hash: hash(99),
      propagation_ms: 0,
      upload: 1000.5,
      download: 2000,
      startup_time: 1612861200000,
    });
    const [log] = await database.query<{ at: Date }>(
      `SELECT received_at AS at FROM tetcore_logs WHERE logs->>'best' = $1 AND msg = 'block.import'`,
      [hash(101)],
    );
    expect(Date.parse(String(nodes[0]?.best_at))).toBe(log?.at.getTime());
    expect(nodes[0]?.block_time_ms).toBeTypeOf('number');
    expect(header).toMatchObject({
      node_count: 1,
      validator_count: 1,
      best_height: 101,
      best_hash: hash(101),
      finalized_height: 99,
      last_block_at: nodes[0]?.best_at,
    });
    expect(header.average_block_time_ms).toBe(nodes[0]?.block_time_ms);
    const [connection] = await database.query<{ id: string }>('SELECT id FROM peer_connections');
    expect(nodes[0]?.id).toBe(Number(connection?.id));
  });

  it('is updated when nodes connect, report and disconnect', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const alice = await connect(server, 'alice');
    await seen(server, 'alice', { best_height: null, peers: null, block_time_ms: null });
    await imports(alice, 5);
    await seen(server, 'alice', { best_height: 5 });
    const bob = await connect(server, 'bob');
    await bob.sendV1({ msg: 'system.interval', peers: 3 });
    await seen(server, 'bob', { peers: 3, best_height: null });
    await imports(bob, 6);
    await imports(bob, 7);
    await seen(server, 'bob', { best_height: 7, peers: 3 });
    await alice.close();
    await waitUntil(async () => (await snapshot(server)).nodes.length === 1, { what: 'the end of alice' });
    await bob.close();
    await waitUntil(async () => (await server.get('/network/Testnet')).status === 404, { what: 'no node' });
  });

  it('measures the propagation of a block by the clock of the server, whatever the clocks of nodes', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const [first, second] = [await connect(server, 'first'), await connect(server, 'second')];
    await snapshot(server).catch(() => undefined);
    const day = 86_400_000;
    const clock = (ahead: number): string => new Date(Date.now() + ahead).toISOString();
    // The one that is first has a clock that is ahead by hours, the other's is days behind.
    await imports(first, 50, clock(day / 2));
    await seen(server, 'first', { best_height: 50, propagation_ms: 0 });
    await imports(second, 50, clock(-5 * day));
    const late = await seen(server, 'second', { best_height: 50 });
    const [expected] = await database.query<{ ms: number }>(
      `SELECT extract(epoch FROM max(received_at) - min(received_at))::float8 * 1000 AS ms
         FROM tetcore_logs WHERE msg = 'block.import'`,
    );
    expect(expected?.ms).toBeGreaterThan(20);
    expect(late.propagation_ms).toBe(Math.round(expected?.ms ?? NaN));
    // The same when it is all read from the database.
    await using other = await TestServer.ready(database.url, FAST);
    expect((await seen(other, 'second', { best_height: 50 })).propagation_ms).toBe(late.propagation_ms);
  });

  it('does not measure blocks of a syncing node', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const [first, second] = [await connect(server, 'first'), await connect(server, 'second')];
    await imports(first, 50);
    await seen(server, 'first', { propagation_ms: 0 });
    await imports(second, 50, undefined, 'NetworkInitialSync');
    await seen(server, 'second', { best_height: 50, propagation_ms: null });
  });

  it('has a node with two connections once, described by the newest one', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const older = await connect(server, 'twice');
    await imports(older, 1);
    await seen(server, 'twice', { best_height: 1 });
    const newer = await connect(server, 'twice');
    await imports(newer, 2);
    await seen(server, 'twice', { best_height: 2 });
    expect((await snapshot(server)).nodes).toHaveLength(1);
    await newer.close();
    await seen(server, 'twice', { best_height: 1 });
    expect(older.isOpen).toBe(true);
  });

  it('is the same at two servers, whichever one a node is connected to', async () => {
    await using database = await TestDatabase.create();
    await using one = await TestServer.ready(database.url, FAST);
    await using two = await TestServer.ready(database.url, FAST);
    const [alice, bob] = [await connect(one, 'alice'), await connect(two, 'bob')];
    for (const server of [one, two]) {
      await seen(server, 'alice', {});
      await seen(server, 'bob', {});
    }
    await imports(alice, 9);
    await imports(bob, 9);
    await bob.sendV1({ msg: 'system.interval', peers: 4 });
    for (const server of [one, two]) {
      await seen(server, 'alice', { best_height: 9 });
      await seen(server, 'bob', { best_height: 9, peers: 4 });
    }
    const [atOne, atTwo] = [await snapshot(one), await snapshot(two)];
    const byName = ({ nodes }: Snapshot): object[] =>
      [...nodes].sort((a, b) => String(a.name).localeCompare(String(b.name)));
    expect(byName(atTwo)).toEqual(byName(atOne));
    expect(atTwo.header).toEqual(atOne.header);
    await bob.terminate();
    for (const server of [one, two]) {
      await waitUntil(async () => (await snapshot(server)).nodes.length === 1, { what: 'the end of bob' });
    }
  });

  it('accepts any text from nodes, and numbers only if they are valid', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const node = await connect(server, HOSTILE, { chain: '../%2e"<b>', version: 'x'.repeat(5000) });
    await imports(node, 3);
    const odd = [
      { msg: 'block.import', best: { deep: ['"'] }, height: [], origin: 1 },
      { msg: 'block.import', best: hash(4), height: '99999999999999999999' },
      { msg: 'block.import', best: hash(4), height: -1 },
      { msg: 'system.interval', peers: 'many', bandwidth_upload: 'NaN', bandwidth_download: -1, height: 4.5 },
      { msg: 'system.interval', peers: null, txcount: {} },
      { msg: 'notify.finalized', height: 'x', best: '\u2028' },
      { msg: 'txpool.import', ready: '1e400' },
    ];
    for (const message of odd) await node.sendV1(message);
    await node.sendV1({ msg: 'system.interval', txcount: 1 });
    const expected = { best_height: 3, transactions: 1, peers: null, upload: null, finalized_height: null };
    const found = await seen(server, HOSTILE, expected, '../%2e"<b>');
    expect(found.version).toBe('x'.repeat(256));
    const chains = (await (await server.get('/network')).json()) as unknown[];
    expect(chains).toMatchObject([{ name: '../%2e"<b>', node_count: 1, best_height: 3 }]);
  });

  it('is returned while the server is shutting down', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    // It does not respond to the close frame yet.
    const slow = await RawSocket.open(server.ws);
    slow.onEnd = () => undefined;
    const says = { msg: 'system.connected', network_id: 'Qmslow', name: 'slow', chain: 'Testnet' };
    slow.write(frame(JSON.stringify({ ...says, ts: new Date().toISOString() })));
    await seen(server, 'slow', {});
    const stopped = server.stop();
    await waitUntil(async () => (await server.get('/health/ready')).status === 503, { what: 'the goodbye' });
    expect((await snapshot(server)).nodes.map(({ name }) => name)).toEqual(['slow']);
    const answer = await server.get('/network');
    expect(await answer.json()).toMatchObject([{ name: 'Testnet', node_count: 1 }]);
    // No further request uses this connection.
    expect(answer.headers.get('connection')).toBe('close');
    slow.socket.destroy();
    await stopped;
  });

  it('is in the list of chains, largest first', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    expect(await (await server.get('/network')).json()).toEqual([]);
    await connect(server, 'alice', { authority: true, genesis_hash: hash(0) });
    const bob = await connect(server, 'bob', { genesis_hash: hash(0) });
    await connect(server, 'carol', { chain: 'Other' });
    await imports(bob, 12);
    await stored(database, 4);
    const chains = await waitUntil(
      async () => {
        const list = (await (await server.get('/network')).json()) as Record<string, unknown>[];
        expect(list[0]).toMatchObject({ name: 'Testnet', best_height: 12 });
        return list;
      },
      { what: 'the chains' },
    );
    expect(chains).toMatchObject([
      { name: 'Testnet', genesis_hash: hash(0), node_count: 2, validator_count: 1, best_hash: hash(12) },
      { name: 'Other', genesis_hash: null, node_count: 1, best_height: null, last_block_at: null },
    ]);
    for (const path of ['/network?x=1', '/network/Testnet?x=1', '/network/%00']) {
      expect([path, (await server.get(path)).status]).toEqual([path, 400]);
    }
    expect((await server.get('/network/None')).status).toBe(404);
  });
});
