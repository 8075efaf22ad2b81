import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode, type FakeNodeOptions, HandshakeRefusedError } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { frame, RawSocket } from '../support/raw-socket.js';
import { refusal } from '../support/refusal.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const CLOSED = 'tetcore_sockets_closed_total';
const REFUSED = 'tetcore_upgrades_refused_total';

const counted = async (server: TestServer, metric: string): Promise<Record<string, number>> =>
  Object.fromEntries(await server.metric(metric));

const openSockets = async (server: TestServer): Promise<number> =>
  [...(await server.metric('tetcore_sockets')).values()].reduce((sum, value) => sum + value, 0);

/** Opens sockets at the same time: those that were let in, and how the others were refused. */
async function openAtOnce(
  url: string,
  count: number,
  options: FakeNodeOptions = {},
): Promise<{ nodes: FakeNode[]; refused: HandshakeRefusedError[] }> {
  const outcomes = await Promise.allSettled(
    Array.from({ length: count }, () => FakeNode.connect(url, options)),
  );
  const reasons: unknown[] = outcomes.map((one) =>
    one.status === 'rejected' ? (one.reason as unknown) : undefined,
  );
  return {
    nodes: outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
    refused: reasons.filter((reason) => reason instanceof HandshakeRefusedError),
  };
}

async function storedCount(database: TestDatabase, msg: string): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM tetcore_logs WHERE msg = $1',
    [msg],
  );
  return row?.n ?? 0;
}

describe('sockets of nodes', () => {
  it('are limited in all, on all paths together, and open ones stay open', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { TELEMETRY_MAX_CONNECTIONS: '5' });
    const first = await FakeNode.connect(`${server.ws}/audit`);
    const { nodes, refused } = await openAtOnce(server.ws, 30);
    expect([nodes.length, refused.length]).toEqual([4, 26]);
    const { status, headers } = await refusal(`${server.ws}/submit`);
    expect([status, headers['retry-after']]).toEqual([503, '5']);
    expect(await counted(server, REFUSED)).toEqual({ 'status="503",reason="too_many"': 27 });
    await (await FakeNode.connect(`${server.ws}/feed`)).close();
    for (const node of [first, ...nodes]) await node.sendV1({ msg: 'test.within' });
    await waitUntil(async () => (await storedCount(database, 'test.within')) === 5, {
      what: 'five messages',
    });
    await nodes[0]?.terminate();
    await waitUntil(async () => (await openSockets(server)) === 4, { what: 'the end of a socket' });
    await (await FakeNode.connect(server.ws)).close();
    expect([first, ...nodes.slice(1)].every((node) => node.isOpen)).toBe(true);
  });

  it('are limited by address, and each counts once however it ends', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      TELEMETRY_MAX_CONNECTIONS_PER_IP: '2',
      TRUSTED_PROXIES: '127.0.0.3',
    });
    const ends: ((node: FakeNode) => Promise<unknown>)[] = [
      (node) => node.close(),
      (node) => node.terminate(),
      (node) => {
        node.socket.close();
        return node.terminate();
      },
      async (node) => {
        await node.sendFrame(Buffer.alloc(600_000), true, true).catch(() => undefined);
        return await node.closed;
      },
    ];
    for (const end of ends) {
      const { nodes, refused } = await openAtOnce(server.ws, 5);
      expect([nodes.length, refused.map(({ status }) => status)]).toEqual([2, [429, 429, 429]]);
      expect(refused[0]?.headers['retry-after']).toBe('60');
      const other = await openAtOnce(server.ws, 3, { localAddress: '127.0.0.2' });
      expect(other.nodes.length).toBe(2);
      for (const node of [...nodes, ...other.nodes]) await end(node);
      await waitUntil(async () => (await openSockets(server)) === 0, { what: 'the end of all sockets' });
    }
    const behind = (address: string): FakeNodeOptions => ({
      localAddress: '127.0.0.3',
      headers: { 'X-Forwarded-For': address },
    });
    // Three proxies would have been too many: it is the clients that count.
    for (const address of ['198.51.100.1', '198.51.100.2', '198.51.100.3', '2001:db8::1', '2001:db8::2']) {
      await FakeNode.connect(server.ws, behind(address));
    }
    expect((await refusal(server.ws, behind('2001:db8::3'))).status).toBe(429);
    expect(await counted(server, REFUSED)).toEqual({
      'status="429",reason="too_many_of_address"': ends.length * 4 + 1,
    });
  });

  it('are limited to so many new ones a second', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { TELEMETRY_MAX_CONNECTIONS_PER_S: '10' });
    const started = performance.now();
    const { nodes, refused } = await openAtOnce(server.ws, 100);
    const tookS = (performance.now() - started) / 1000;
    // Those of the first moment, and as many as became free while the others came.
    expect(nodes.length).toBeGreaterThanOrEqual(10);
    expect(nodes.length).toBeLessThanOrEqual(10 + tookS * 10);
    expect(
      new Set(refused.map(({ status, headers }) => `${status} ${headers['retry-after'] ?? ''}`)),
    ).toEqual(new Set(['503 5']));
    expect(await counted(server, REFUSED)).toEqual({
      'status="503",reason="too_many_at_once"': refused.length,
    });
    await sleep(1_000);
    expect((await openAtOnce(server.ws, 8)).nodes.length).toBe(8);
    expect(nodes.every((node) => node.isOpen)).toBe(true);
  });
});

describe('a node that sends too much', () => {
  const LIMITS = {
    TELEMETRY_MAX_BYTES_PER_S: '10_000',
    TELEMETRY_BYTES_WINDOW_S: '2',
    TELEMETRY_BLOCK_S: '5',
    TRUSTED_PROXIES: '127.0.0.3',
  };

  it('is closed with 1008, its address is blocked, and its messages are stored', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, LIMITS);
    const within = await FakeNode.connect(server.ws);
    const elsewhere = await FakeNode.connect(server.ws, { localAddress: '127.0.0.2' });
    await elsewhere.sendV1({ msg: 'test.elsewhere', filler: 'x'.repeat(18_000) });
    const loud = await FakeNode.connect(server.ws);
    await loud.sendV1({ msg: 'test.loud', filler: 'x'.repeat(21_000) });
    const { code, reason } = await loud.closed;
    expect([code, reason]).toEqual([1008, 'too many bytes']);
    const { status, headers } = await refusal(`${server.ws}/audit`);
    expect(status).toBe(429);
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(headers['retry-after'])).toBeLessThanOrEqual(5);
    await (await FakeNode.connect(server.ws, { localAddress: '127.0.0.2' })).close();
    const behind = { localAddress: '127.0.0.3', headers: { Forwarded: 'for=127.0.0.1' } };
    expect((await refusal(server.ws, behind)).status).toBe(429);
    expect(within.isOpen && elsewhere.isOpen).toBe(true);
    await waitUntil(async () => (await FakeNode.connect(server.ws)).close(), {
      what: 'the address to be free again',
      timeoutMs: 10_000,
      everyMs: 100,
    });
    await waitUntil(async () => (await storedCount(database, 'test.loud')) === 1, { what: 'its message' });
    const ends = await database.query(
      'SELECT end_reason, end_code FROM peer_connections WHERE ended_at IS NOT NULL',
    );
    expect(ends).toEqual([{ end_reason: 'too_many_bytes', end_code: 1008 }]);
    expect((await counted(server, CLOSED))['path="/",reason="too_many_bytes"']).toBe(1);
  });

  it.each([
    ['pings', frame(' ', { fin: false }), frame('x'.repeat(125), { opcode: 9 })],
    ['a message that does not end', frame('', { length: 500_000n }), Buffer.alloc(125)],
  ])('is terminated also if that is %s and it does not read', async (_, start, more) => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, LIMITS);
    const raw = await RawSocket.open(server.ws);
    raw.write(frame('{"msg":"test.first"}'), start);
    const timer = setInterval(() => raw.write(...Array.from({ length: 50 }, () => more)), 20);
    raw.onEnd = () => undefined;
    try {
      expect(await raw.closeCode()).toBe(1008);
    } finally {
      clearInterval(timer);
    }
    expect(await counted(server, CLOSED)).toEqual({ 'path="/",reason="too_many_bytes"': 1 });
  });
});

describe('a socket', () => {
  it('without a message in time is closed, and no other', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      TELEMETRY_SILENT_TIMEOUT_S: '2',
      HEARTBEAT_INTERVAL: '1',
    });
    const silent = await FakeNode.connect(server.ws);
    const pinging = await FakeNode.connect(`${server.ws}/audit`);
    const spoke = await FakeNode.connect(server.ws);
    await spoke.send('nonsense');
    const timer = setInterval(() => pinging.socket.ping(), 50);
    for (const node of [silent, pinging]) {
      const { code, reason } = await node.closed;
      expect([code, reason]).toEqual([1008, 'no message']);
    }
    clearInterval(timer);
    for (let pings = 0; pings < 3; pings += 1) await spoke.nextPing();
    expect(spoke.isOpen).toBe(true);
    expect(await counted(server, CLOSED)).toEqual({
      'path="/",reason="no_message"': 1,
      'path="/audit",reason="no_message"': 1,
    });
    expect(await database.query('SELECT 1 FROM peer_connections')).toEqual([]);
  });

  it('whose node does not read is terminated', { timeout: 60_000 }, async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const other = await FakeNode.connect(server.ws);
    const raw = await RawSocket.open(server.ws);
    raw.socket.pause();
    const pings = Buffer.concat(Array.from({ length: 1_000 }, () => frame('x'.repeat(125), { opcode: 9 })));
    let isOver = false;
    void raw.ended.then(() => (isOver = true));
    // First the buffers of the system fill, which are some MiB.
    await waitUntil(
      async () => {
        if (!raw.socket.write(pings)) await Promise.race([once(raw.socket, 'drain'), raw.ended, sleep(100)]);
        return isOver || Object.keys(await counted(server, CLOSED)).length > 0;
      },
      { what: 'the end of the socket', timeoutMs: 50_000, everyMs: 1 },
    );
    expect(await counted(server, CLOSED)).toEqual({ 'path="/",reason="slow_reader"': 1 });
    raw.socket.destroy();
    await other.sendV1({ msg: 'test.other' });
    await waitUntil(async () => (await storedCount(database, 'test.other')) === 1, { what: 'the other' });
  });

  it('that is half-open is terminated', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      HEARTBEAT_INTERVAL: '1',
      CLIENT_TIMEOUT_S: '2',
    });
    // Stands for a line that broke where nobody could say so: the node is gone, and the server does not hear of it.
    const port = await freePort();
    const held: Socket[] = [];
    const target = { host: '127.0.0.1', port: server.server.port };
    const line = createServer((client) => {
      const upstream = connect(target);
      held.push(upstream);
      client.pipe(upstream, { end: false });
      upstream.pipe(client, { end: false });
      client.on('error', () => undefined);
      client.on('close', () => upstream.pause());
    });
    line.listen(port, '127.0.0.1');
    await once(line, 'listening');
    const node = await FakeNode.connect(`ws://127.0.0.1:${port.toString()}`);
    await node.sendConnected();
    await node.terminate();
    await waitUntil(async () => (await counted(server, CLOSED))['path="/",reason="timeout"'] === 1, {
      what: 'the socket to be cut off',
      timeoutMs: 10_000,
      everyMs: 100,
    });
    expect(await openSockets(server)).toBe(0);
    for (const socket of held) socket.destroy();
    line.close();
  });
});
