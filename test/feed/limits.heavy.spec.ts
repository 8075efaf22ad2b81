import { describe, expect, it, vi } from 'vitest';
import { FeedReadModel } from '../../src/feed/cache/feed.read-model.js';
import { FeedLimits } from '../../src/feed/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode, HandshakeRefusedError } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };

async function limited(
  database: TestDatabase,
  limits: Partial<FeedLimits>,
  environment: Record<string, string> = {},
): Promise<TestServer> {
  const server = await TestServer.ready(database.url, { ...FAST, ...environment });
  Object.assign(server.server.app.get(FeedLimits), limits);
  return server;
}

async function ends(server: TestServer, reason: string, count = 1): Promise<void> {
  await waitUntil(
    async () =>
      (await server.metric('tetcore_feed_sockets_closed_total')).get(`reason="${reason}"`) === count,
    { what: `an end as ${reason}`, timeoutMs: 20_000 },
  );
}

describe('the live feed', () => {
  it('disconnects a client that reads nothing, while others continue', async () => {
    await using database = await TestDatabase.create();
    await using server = await limited(database, { stalledMs: 500, pingEveryMs: 100 });
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmMuch' });
    const slow = await FeedClient.connect(server.ws);
    const quick = await FeedClient.connect(server.ws);
    for (const client of [slow, quick]) {
      client.subscribe('QmMuch', 'x.large');
      await client.settled();
    }
    slow.socket.pause();
    const filler = 'x'.repeat(200_000);
    const count = 150;
    for (let n = 0; n < count; n += 1) await node.sendV1({ msg: 'x.large', n, filler });
    await quick.has(count, 20_000);
    await ends(server, 'slow');
    await node.sendV1({ msg: 'x.large', n: count });
    await quick.has(count + 1);
    const numbers = quick.rows.map((row) => Number(row.n)).sort((left, right) => left - right);
    expect(numbers).toEqual(Array.from({ length: count + 1 }, (_, n) => n));
    slow.socket.resume();
    await slow.closed;
    expect(slow.rows.length).toBeLessThan(count);
  }, 60_000);

  it('limits unsent bytes in total and per address, and disconnects stalled clients while others wait', async () => {
    await using database = await TestDatabase.create();
    const bound = 4 * 1024 * 1024;
    const limits = { unsentBytesOfAddress: bound, crowdedStalledMs: 1_000, pingEveryMs: 200 };
    await using server = await limited(database, limits);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmMuch' });
    const filler = 'x'.repeat(100_000);
    const count = 100;
    for (let n = 0; n < count; n += 1) await node.sendV1({ msg: 'x.large', n, filler });
    const first = await FeedClient.connect(server.ws, { localAddress: '127.0.0.3' });
    first.subscribe('QmMuch', 'x.large');
    await first.has(count, 20_000);
    const idle = await Promise.all(
      Array.from({ length: 40 }, () => FeedClient.connect(server.ws, { localAddress: '127.0.0.2' })),
    );
    for (const client of idle) {
      client.subscribe('QmMuch', 'x.large');
      client.socket.pause();
    }
    let unsent = 0;
    const look = async (): Promise<void> => {
      unsent = Math.max(unsent, (await server.metric('tetcore_feed_unsent_bytes')).get('') ?? 0);
    };
    await waitUntil(async () => (await look(), unsent >= bound), { what: 'the bound to be met' });
    const reader = await FeedClient.connect(server.ws);
    reader.subscribe('QmMuch', 'x.large');
    await reader.has(count, 20_000);
    await waitUntil(
      async () => {
        await look();
        return ((await server.metric('tetcore_feed_sockets_closed_total')).get('reason="slow"') ?? 0) > 0;
      },
      { what: 'a client that does not read to be dropped' },
    );
    // The frame that meets the bound is sent.
    expect(unsent).toBeLessThan(bound + 400_000);
    for (const client of idle) client.socket.terminate();
  }, 60_000);

  it('disconnects a client that is so slow that its next rows were evicted', async () => {
    await using database = await TestDatabase.create();
    await using server = await limited(database, {}, { CACHE_MAX_MIB: '8' });
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmMuch' });
    const slow = await FeedClient.connect(server.ws);
    const quick = await FeedClient.connect(server.ws);
    for (const client of [slow, quick]) {
      client.subscribe('QmMuch', 'x.large');
      await client.settled();
    }
    slow.socket.pause();
    const filler = 'x'.repeat(200_000);
    const evicted = async (): Promise<number> =>
      (await server.metric('tetcore_feed_evicted_rows_total')).get('') ?? 0;
    let n = 0;
    for (; n < 1_000 && (await evicted()) < 200; n += 1) {
      await node.sendV1({ msg: 'x.large', n, filler });
      await quick.has(n);
    }
    await quick.has(n);
    expect((await server.metric('tetcore_feed_cached_bytes')).get('')).toBeLessThanOrEqual(8 * 1024 * 1024);
    slow.socket.resume();
    expect((await slow.closed).code).toBe(1013);
    await ends(server, 'behind');
    const next = await FeedClient.connect(server.ws);
    next.subscribe('QmMuch', 'x.large');
    await waitUntil(() => next.rows.at(-1)?.n === n - 1, { what: 'what the cache holds' });
    expect(next.rows.length).toBeLessThan(60);
  }, 60_000);

  it('sends pings, and disconnects a silent client', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.start(database.url, FAST);
    Object.assign(server.server.app.get(FeedLimits), { pingEveryMs: 50, silentMs: 400 });
    await server.server.ready;
    const silent = await FeedClient.connect(server.ws, { autoPong: false });
    const alive = await FeedClient.connect(server.ws);
    const speaking = await FeedClient.connect(server.ws, { autoPong: false });
    const words = setInterval(() => speaking.unsubscribe('QmNobody', 'x.a'), 50);
    await ends(server, 'timeout');
    expect((await silent.closed).code).toBe(1006);
    await waitUntil(() => alive.pings > 20 && speaking.pings > 20, { what: 'twenty pings' });
    clearInterval(words);
    expect((await server.metric('tetcore_feed_sockets')).get('')).toBe(2);
  });

  it('limits the subscriptions of a socket, and the number of sockets', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const client = await FeedClient.connect(server.ws);
    for (let n = 0; n < 101; n += 1) client.subscribe('QmPeer', `x.${n.toString()}`);
    client.subscribe('QmPeer', 'x.0');
    await client.settled();
    expect(client.errors).toEqual(['A socket can have at most 100 subscriptions.']);
    expect((await server.metric('tetcore_feed_subscriptions')).get('')).toBe(100);
    expect(await server.metric('tetcore_feed_requests_total')).toEqual(
      new Map([
        ['outcome="accepted"', 101],
        ['outcome="too_many_subscriptions"', 1],
        ['outcome="malformed"', 1],
      ]),
    );
    const clients: FeedClient[] = [client];
    while (clients.length < 1_000) {
      const more = Array.from({ length: Math.min(100, 1_000 - clients.length) }, () =>
        FeedClient.connect(server.ws),
      );
      clients.push(...(await Promise.all(more)));
    }
    await expect(FakeNode.connect(`${server.ws}/feed`)).rejects.toThrow(HandshakeRefusedError);
    await (await FakeNode.connect(server.ws)).close();
    await clients.pop()?.close();
    await waitUntil(async () => (await server.metric('tetcore_feed_sockets')).get('') === 999, {
      what: 'room for one',
    });
    await (await FeedClient.connect(server.ws)).close();
    for (const { socket } of clients) socket.terminate();
  }, 60_000);

  it('closes the socket of a client that sends too much', async () => {
    await using database = await TestDatabase.create();
    await using server = await limited(database, { requestBurst: 10, requestsPerSecond: 1 });
    const often = await FeedClient.connect(server.ws);
    for (let n = 0; n < 20; n += 1) often.unsubscribe('QmPeer', 'x.a');
    expect((await often.closed).code).toBe(1008);
    await ends(server, 'too_many_requests');
    const large = await FeedClient.connect(server.ws);
    large.send('x'.repeat(65_536));
    await waitUntil(() => large.errors.length === 1, { what: 'an error' });
    large.send('x'.repeat(65_537));
    expect((await large.closed).code).toBe(1009);
    await ends(server, 'payload_too_large');
  });

  it('counts a request for an aggregate as several, and accepts as many as a socket can have', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const aggregate = { aggregate_type: 'mean', aggregate_interval: 10 };
    const all = await FeedClient.connect(server.ws);
    for (let n = 0; n < 99; n += 1) all.subscribe('QmPeer', `x.${n.toString()}`, aggregate);
    await all.settled();
    expect(all.errors).toEqual([]);
    Object.assign(server.server.app.get(FeedLimits), {
      requestBurst: 10,
      requestsPerSecond: 0.1,
      aggregateRequests: 4,
    });
    const often = await FeedClient.connect(server.ws);
    for (let n = 0; n < 2; n += 1) often.subscribe('QmPeer', 'x.a', aggregate);
    await often.settled();
    often.subscribe('QmPeer', 'x.a', aggregate);
    expect((await often.closed).code).toBe(1008);
    await ends(server, 'too_many_requests');
  });

  it('lets a client with few requests pass one with many', async () => {
    await using database = await TestDatabase.create();
    await using server = await limited(database, { fillsAtOnce: 0 });
    const readings = vi.spyOn(server.server.app.get(FeedReadModel), 'history');
    const much = await FeedClient.connect(server.ws);
    const little = await FeedClient.connect(server.ws);
    for (let n = 0; n < 100; n += 1) much.subscribe('QmPeer', `x.${n.toString()}`);
    await much.settled();
    for (const msg of ['x.99', 'x.little']) little.subscribe('QmPeer', msg);
    await little.settled();
    server.server.app.get(FeedLimits).fillsAtOnce = 1;
    const last = await FeedClient.connect(server.ws);
    last.subscribe('QmPeer', 'x.last');
    await waitUntil(() => readings.mock.calls.length === 102, { what: 'all pairs to be read' });
    const order = readings.mock.calls.map(([{ msg }]) => msg);
    const rest = Array.from({ length: 97 }, (_, n) => `x.${(n + 2).toString()}`);
    expect(order).toEqual(['x.0', 'x.99', 'x.last', 'x.1', 'x.little', ...rest]);
  });

  it('closes its sockets with 1001 when the server stops', async () => {
    await using database = await TestDatabase.create();
    const server = await TestServer.ready(database.url, FAST);
    try {
      const client = await FeedClient.connect(server.ws);
      client.subscribe('QmPeer', 'x.a');
      await client.settled();
      const startedAt = performance.now();
      const [closing] = await Promise.all([client.closed, server.stop()]);
      expect(closing.code).toBe(1001);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    } finally {
      await server[Symbol.asyncDispose]();
    }
    await using away = TestDatabase.missing();
    const url = new URL(away.url);
    url.port = '1';
    await using starting = await TestServer.start(url.href, FAST);
    await expect(FakeNode.connect(`${starting.ws}/feed`)).rejects.toThrow(HandshakeRefusedError);
  });
});
