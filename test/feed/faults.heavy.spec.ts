import { Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { describe, expect, it, vi } from 'vitest';
import {
  ReaderConnection,
  READER_CONNECTIONS,
  ReadTimeoutError,
  ReadTransaction,
} from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FaultyPostgres } from '../support/faulty-postgres.js';
import { FeedClient } from '../support/feed-client.js';
import { NumberedNodes } from '../support/numbered-messages.js';
import { onDatabase } from '../support/on-database.js';
import { PostgresProxy } from '../support/postgres-proxy.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };

async function nodeNamed(server: TestServer, peerId: string): Promise<FakeNode> {
  const node = await FakeNode.connect(server.ws);
  await node.sendConnected({ network_id: peerId });
  return node;
}

async function count(server: TestServer, name: string): Promise<number> {
  return (await server.metric(name)).get('') ?? 0;
}

async function updatesMore(server: TestServer, by: number): Promise<void> {
  const before = await count(server, 'tetcore_feed_update_seconds_count');
  await waitUntil(async () => (await count(server, 'tetcore_feed_update_seconds_count')) >= before + by, {
    what: `${by.toString()} updates`,
    timeoutMs: 20_000,
  });
}

const sorted = (rows: readonly Record<string, unknown>[], field: string): number[] =>
  rows.map((row) => Number(row[field])).sort((left, right) => left - right);

describe('the live feed', () => {
  it.each(['fast', 'immediate'] as const)(
    'continues after an outage of the database without loss or repetition (%s)',
    async (how) => {
      await using postgres = await FaultyPostgres.start();
      await using server = await TestServer.ready(postgres.url, FAST);
      const warnings = vi.spyOn(Logger.prototype, 'warn');
      const client = await FeedClient.connect(server.ws);
      client.subscribe('*', 'test.numbered');
      await client.settled();
      const nodes = new NumberedNodes(server.ws, 4, 200);
      await client.has(100);
      await postgres.terminateBackends();
      await client.has(client.rows.length + 100);
      await postgres.stop(how);
      const waiting = client.rows.length;
      // New clients get cached rows meanwhile; subscriptions to other pairs wait.
      const cached = await FeedClient.connect(server.ws);
      cached.subscribe('*', 'test.numbered');
      const late = await FeedClient.connect(server.ws);
      late.subscribe('QmNumbered0', 'test.numbered');
      await cached.has(waiting);
      await late.settled();
      await waitUntil(() => nodes.sent.length > waiting + 200, { what: 'messages in the meantime' });
      expect(late.rows).toEqual([]);
      await postgres.startAgain();
      await client.has(waiting + 300, 20_000);
      await nodes.stop();
      await client.has(nodes.sent.length, 20_000);
      await cached.has(nodes.sent.length, 20_000);
      const ofOne = await onDatabase(postgres.url, (connection) =>
        connection.query<{ number: string }>(
          `SELECT logs->>'number' AS number FROM tetcore_logs JOIN peer_connections AS c ON c.id = peer_connection_id
            WHERE msg = 'test.numbered' AND peer_id = 'QmNumbered0'`,
        ),
      );
      await late.has(ofOne.rows.length, 20_000);
      await updatesMore(server, 3);
      const sent = [...nodes.sent].sort((left, right) => left - right);
      expect(sorted(client.rows, 'number')).toEqual(sent);
      expect(sorted(cached.rows, 'number')).toEqual(sent);
      expect(sorted(late.rows, 'number')).toEqual(sorted(ofOne.rows, 'number'));
      const spoken = warnings.mock.calls.filter(([line]) => String(line).includes('live feed'));
      // One for each episode: the sessions that were ended, the restart, and the fill in it.
      expect(spoken.length).toBeLessThanOrEqual(3);
      warnings.mockRestore();
    },
    90_000,
  );

  it('cancels an update that takes too long, and retries it', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    await using server = await TestServer.ready(proxy.url, { ...FAST, CACHE_UPDATE_TIMEOUT_S: '1' });
    const warnings = vi.spyOn(Logger.prototype, 'warn');
    const node = await nodeNamed(server, 'QmFrozen');
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmFrozen', 'x.number');
    await node.sendV1({ msg: 'x.number', n: 0 });
    await client.has(1);
    proxy.freeze();
    await waitUntil(
      () =>
        warnings.mock.calls.some(
          ([line]) => line === "An update of the live feed's cache is taking more than 1 s.",
        ),
      { what: 'a warning' },
    );
    await waitUntil(
      async () => (await server.metric('tetcore_feed_failures_total')).get('work="update"') === 1,
      { what: 'the end of the update' },
    );
    proxy.thaw();
    await node.sendV1({ msg: 'x.number', n: 1 });
    await client.has(2);
    expect(sorted(client.rows, 'n')).toEqual([0, 1]);
    warnings.mockRestore();
  });

  it('limits the time to get a connection, and releases one that comes too late', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const dataSource = server.server.app.get(DataSource);
    const read = (limitMs: number, signal = new AbortController().signal): Promise<number> =>
      ReadTransaction.run(dataSource, (transaction) => Promise.resolve(transaction.now), { limitMs, signal });
    const taken: ReaderConnection[] = [];
    for (let n = 0; n < READER_CONNECTIONS; n += 1) taken.push(await ReaderConnection.borrow(dataSource));
    await expect(read(100)).rejects.toThrow(ReadTimeoutError);
    const abort = new AbortController();
    const given = read(60_000, abort.signal);
    abort.abort(new Error('The server stops.'));
    await expect(given).rejects.toThrow('The server stops.');
    for (const connection of taken) connection.release();
    const readings = await Promise.all(Array.from({ length: 16 }, () => read(10_000)));
    expect(readings.every((now) => now > 0)).toBe(true);
  });

  it('sends the same from every replica', async () => {
    await using database = await TestDatabase.create();
    await using one = await TestServer.ready(database.url, FAST);
    await using two = await TestServer.ready(database.url, FAST);
    const clients = await Promise.all([one, two].map(({ ws }) => FeedClient.connect(ws)));
    for (const client of clients) {
      client.subscribe('QmBoth', 'x.number');
      client.subscribe('QmBoth', 'x.number', {
        aggregate_type: 'p95',
        aggregate_interval: 600,
        aggregate_key: 'n',
      });
      await client.settled();
    }
    const nodes = await Promise.all([one, two].map((server) => nodeNamed(server, 'QmBoth')));
    for (let n = 0; n < 400; n += 1) await nodes[n % 2]?.sendV1({ msg: 'x.number', n });
    const raw = (client: FeedClient): Record<string, unknown>[] => client.rows.filter((row) => 'n' in row);
    for (const client of clients) {
      await waitUntil(() => raw(client).length >= 400, { what: '400 messages' });
      await client.settled();
      expect(sorted(raw(client), 'n')).toEqual(Array.from({ length: 400 }, (_, n) => n));
    }
    const [first, second] = clients.map((client) => client.rows.filter((row) => 'time' in row).at(-1));
    expect(first).toEqual(second);
  });

  it('caches rows for CACHE_EXPIRY_S, and drops unused entries', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      ...FAST,
      CACHE_EXPIRY_S: '2',
      CACHE_TIMEOUT_S: '1',
    });
    const node = await nodeNamed(server, 'QmOld');
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmOld', 'x.number');
    await node.sendV1({ msg: 'x.number', n: 0 });
    await client.has(1);
    expect(await count(server, 'tetcore_feed_cached_rows')).toBe(1);
    await waitUntil(async () => (await count(server, 'tetcore_feed_cached_rows')) === 0, {
      what: 'it to be too old',
    });
    await node.sendV1({ msg: 'x.number', n: 1 });
    await client.has(2);
    const next = await FeedClient.connect(server.ws);
    next.subscribe('QmOld', 'x.number');
    await next.has(1);
    await next.settled();
    expect(sorted(next.rows, 'n')).toEqual([1]);
    await next.close();
    client.unsubscribe('QmOld', 'x.number');
    await client.settled();
    expect(await count(server, 'tetcore_feed_cached_pairs')).toBe(1);
    await waitUntil(async () => (await count(server, 'tetcore_feed_cached_pairs')) === 0, {
      what: 'the pair to go',
    });
    await node.sendV1({ msg: 'x.number', n: 2 });
    client.subscribe('QmOld', 'x.number');
    await waitUntil(() => client.rows.at(-1)?.n === 2, { what: 'the newest' });
  });

  it('updates the entry of a pair that was unused for a while', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const node = await nodeNamed(server, 'QmBack');
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmBack', 'x.number');
    const ofAll = await FeedClient.connect(server.ws);
    ofAll.subscribe('*', 'x.number');
    await node.sendV1({ msg: 'x.number', n: 0 });
    await client.has(1);
    client.unsubscribe('QmBack', 'x.number');
    await client.settled();
    await node.sendV1({ msg: 'x.number', n: 1 });
    await waitUntil(
      async () => (await database.query("SELECT FROM tetcore_logs WHERE msg = 'x.number'")).length === 2,
      { what: 'the second' },
    );
    await ofAll.has(2);
    await updatesMore(server, 2);
    const fills = await count(server, 'tetcore_feed_fill_seconds_count');
    client.subscribe('QmBack', 'x.number');
    await client.has(3);
    await updatesMore(server, 2);
    expect(sorted(client.rows, 'n')).toEqual([0, 0, 1]);
    expect(sorted(ofAll.rows, 'n')).toEqual([0, 1]);
    expect(await count(server, 'tetcore_feed_fill_seconds_count')).toBe(fills);
  });

  it('queries the database once per interval, whatever the number of subscriptions', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const transactionsPerUpdate = async (): Promise<number> => {
      const read = async (): Promise<[transactions: number, updates: number]> => {
        // The sessions tell the statistics of what they did a second later.
        await sleep(1_500);
        const [row] = await onDatabase(database.url, async (client) => {
          const answer = await client.query<{ n: string }>(
            'SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = current_database()',
          );
          return answer.rows;
        });
        return [Number(row?.n), await count(server, 'tetcore_feed_update_seconds_count')];
      };
      const [transactions, updates] = await read();
      const [later, updatesLater] = await read();
      return (later - transactions) / (updatesLater - updates);
    };
    const clients: FeedClient[] = [];
    const join = async (): Promise<void> => {
      const client = await FeedClient.connect(server.ws);
      for (let n = 0; n < 20; n += 1) client.subscribe(`QmPeer${n.toString()}`, 'x.number');
      client.subscribe('*', 'x.number', { aggregate_type: 'mean', aggregate_interval: 10 });
      await client.settled();
      clients.push(client);
    };
    await join();
    await updatesMore(server, 1);
    const one = await transactionsPerUpdate();
    for (let n = 1; n < 60; n += 1) await join();
    await waitUntil(async () => (await count(server, 'tetcore_feed_fill_seconds_count')) === 21, {
      what: 'all pairs to be filled',
    });
    const many = await transactionsPerUpdate();
    // Beside the feed there are the looks at the statistics and the server's own sign of life.
    expect(one).toBeLessThan(2);
    expect(many).toBeLessThan(2);
  }, 60_000);
});
