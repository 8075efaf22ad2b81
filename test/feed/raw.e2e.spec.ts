import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { OTHER_TYPE } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient } from '../support/feed-client.js';
import { onDatabase } from '../support/on-database.js';
import { sharedServer } from '../support/shared-server.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };

async function nodeNamed(server: TestServer, peerId: string): Promise<FakeNode> {
  const node = await FakeNode.connect(server.ws);
  await node.sendConnected({ network_id: peerId });
  return node;
}

async function stored(database: TestDatabase, msg: string, count: number): Promise<void> {
  await waitUntil(
    async () => (await database.query('SELECT FROM tetcore_logs WHERE msg = $1', [msg])).length >= count,
    { what: `${count.toString()} messages ${msg}` },
  );
}

const numbers = (rows: readonly Record<string, unknown>[]): number[] => rows.map((row) => Number(row.n));
const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
const ascending = (list: readonly number[]): number[] => [...list].sort((left, right) => left - right);

describe('a subscription', () => {
  it('sends each client the messages of its subscriptions until it unsubscribes', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const one = await nodeNamed(server, 'QmOne');
    const two = await nodeNamed(server, 'QmTwo');
    const first = await FeedClient.connect(server.ws);
    const second = await FeedClient.connect(server.ws);
    first.subscribe('QmOne', 'x.a');
    first.subscribe('QmTwo', 'x.a');
    second.subscribe('QmOne', 'x.a');
    second.subscribe('QmOne', 'x.b');
    second.subscribe('*', 'x.a');
    for (const client of [first, second]) await client.settled();
    for (const [node, name] of [
      [one, 'one'],
      [two, 'two'],
    ] as const) {
      await node.sendV1({ msg: 'x.a', n: 1, name });
      await node.sendV1({ msg: 'x.b', n: 2, name });
    }
    await first.has(2);
    await second.has(4);
    expect(first.rowsOf('QmOne', 'x.a')).toMatchObject([{ n: 1, name: 'one' }]);
    expect(first.rowsOf('QmTwo', 'x.a')).toMatchObject([{ n: 1, name: 'two' }]);
    expect(first.rows[0]).not.toHaveProperty('peer_id');
    expect(second.rowsOf('QmOne', 'x.a')).toMatchObject([{ n: 1, name: 'one' }]);
    expect(second.rowsOf('QmOne', 'x.b')).toMatchObject([{ n: 2, name: 'one' }]);
    const ofAll = second
      .rowsOf('*', 'x.a')
      .sort((left, right) => (String(left.name) < String(right.name) ? -1 : 1));
    expect(ofAll).toMatchObject([
      { n: 1, name: 'one', peer_id: 'QmOne' },
      { n: 1, name: 'two', peer_id: 'QmTwo' },
    ]);

    second.unsubscribe('QmOne', 'x.a');
    second.unsubscribe('*', 'x.a');
    second.unsubscribe('QmNobody', 'x.a');
    await second.settled();
    await one.sendV1({ msg: 'x.a', n: 3 });
    await one.sendV1({ msg: 'x.b', n: 4 });
    await first.has(3);
    await second.has(5);
    await second.settled();
    expect(second.rows).toHaveLength(5);
    expect(await server.metric('tetcore_feed_subscriptions')).toEqual(new Map([['', 3]]));
    await first.close();
    await second.close();
    await waitUntil(async () => (await server.metric('tetcore_feed_sockets')).get('') === 0, {
      what: 'both to be gone',
    });
    expect(await server.metric('tetcore_feed_subscriptions')).toEqual(new Map([['', 0]]));
  });
});

describe('the live feed', () => {
  const shared = sharedServer(FAST);

  it('sends every message once to clients that subscribe at any time', async () => {
    const { server } = shared();
    const node = await nodeNamed(server, 'QmBusy');
    const count = 3_000;
    const sending = (async () => {
      for (let n = 0; n < count; n += 1) {
        await node.sendV1({ msg: 'x.number', n });
        if (n % 10 === 9) await sleep(3);
      }
    })();
    const clients: FeedClient[] = [];
    for (const wait of [0, 13, 170, 90, 7, 240, 33, 121, 64, 2]) {
      await sleep(wait);
      const client = await FeedClient.connect(server.ws);
      client.subscribe('QmBusy', 'x.number');
      clients.push(client);
    }
    await sending;
    for (const client of clients) await client.has(count);
    // What would be repeated comes with the next updates.
    const before = await updates(server);
    await waitUntil(async () => (await updates(server)) > before + 3, { what: 'three updates' });
    for (const client of clients) expect(ascending(numbers(client.rows))).toEqual(upTo(count));
    const late = await FeedClient.connect(server.ws);
    late.subscribe('QmBusy', 'x.number');
    await late.has(count);
    expect(late.frames.length).toBeGreaterThanOrEqual(3);
    const times = late.rows.map((row) => row.created_at);
    expect(times).toEqual([...times].sort());
  });

  it('sends the message without its type and id, and with every digit', async () => {
    const { database, server } = shared();
    const node = await nodeNamed(server, 'QmExact');
    await node.send(
      '{"msg":"tracing.profiling","ts":"2099-01-01T00:00:00Z","id":7,"level":"TRACE","line":12,"time":18446744073709551615,"part":1.50,"values":{"a":[1e2]}}',
    );
    await stored(database, 'tracing.profiling', 1);
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmExact', 'tracing.profiling');
    await client.has(1);
    const [row] = await database.query<{ created_at: string }>(
      `SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at
         FROM tetcore_logs WHERE msg = 'tracing.profiling'`,
    );
    expect(client.texts[0]).toBe(
      '{"peer_message":{"peer_id":"QmExact","msg":"tracing.profiling"},"data":[{"part": 1.50, ' +
        `"time": 18446744073709551615, "values": {"a": [100]}, "created_at": "${row?.created_at ?? ''}"}]}`,
    );
  });

  it('sends late messages, and those that became visible late, once', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const node = await nodeNamed(server, 'QmLate');
    await node.sendV1({ msg: 'x.number', n: 0 });
    await stored(database, 'x.number', 1);
    const all = await FeedClient.connect(server.ws);
    all.subscribe('QmLate', 'x.number');
    await all.has(1);
    const recent = await FeedClient.connect(server.ws);
    recent.subscribe('QmLate', 'x.number', { start_time: new Date(Date.now() - 60_000).toISOString() });
    await recent.has(1);
    await onDatabase(database.url, async (client) => {
      await client.query('BEGIN');
      // Its stored_at is now, and others see it only when they have seen later ones.
      await client.query(
        `INSERT INTO logs_expiring (created_at, received_at, peer_connection_id, collector, type, logs)
         SELECT now(), now(), id, collector, ${OTHER_TYPE.toString()}, '{"msg": "x.number", "n": 1}'
           FROM peer_connections WHERE peer_id = 'QmLate'`,
      );
      await node.sendV1({ msg: 'x.number', n: 2 });
      await all.has(2);
      const before = await updates(server);
      await waitUntil(async () => (await updates(server)) > before + 2, { what: 'two updates' });
      await client.query('COMMIT');
    });
    await all.has(3);
    await node.sendV1({ msg: 'x.number', n: 3 }, new Date(Date.now() - 600_000).toISOString());
    await all.has(4);
    // Two days: older than what the cache holds, but it is news.
    await node.sendV1({ msg: 'x.number', n: 4 }, new Date(Date.now() - 2 * 86_400_000).toISOString());
    await all.has(5);
    await node.sendV1({ msg: 'x.number', n: 5 });
    await all.has(6);
    await recent.has(4);
    expect(numbers(all.rows)).toEqual([0, 2, 1, 3, 4, 5]);
    expect(numbers(recent.rows)).toEqual([0, 2, 1, 5]);
    const next = await FeedClient.connect(server.ws);
    next.subscribe('QmLate', 'x.number');
    await next.has(5);
    await next.settled();
    expect(numbers(next.rows)).toEqual([3, 0, 1, 2, 5]);
  });

  it('begins again for a client that subscribes again', async () => {
    const { database, server } = shared();
    const node = await nodeNamed(server, 'QmAgain');
    await node.sendV1({ msg: 'x.again', n: 0 });
    await stored(database, 'x.again', 1);
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmAgain', 'x.again');
    await client.has(1);
    client.subscribe('QmAgain', 'x.again');
    await client.has(2);
    await node.sendV1({ msg: 'x.again', n: 1 });
    await client.has(3);
    await client.settled();
    expect(numbers(client.rows)).toEqual([0, 0, 1]);
  });
});

async function updates(server: TestServer): Promise<number> {
  return (await server.metric('tetcore_feed_update_seconds_count')).get('') ?? 0;
}
