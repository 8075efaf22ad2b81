import type { ClientBase } from 'pg';
import { describe, expect, it } from 'vitest';
import { MAX_ENDED, MAX_WALKED, SEEN_NODES } from '../../src/registry/seen-nodes.js';
import { NodeRegistry, registryPass } from '../../src/registry/index.js';
import type { ConnectionSnapshot } from '../../src/storage/index.js';
import { batch, snapshot, TEST_COLLECTOR } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { onDatabase } from '../support/on-database.js';
import { TestPurge } from '../support/test-purge.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const HASH = `0x${'1a'.repeat(32)}`;
const OTHER_HASH = `0x${'2b'.repeat(32)}`;

interface NodeRow {
  id: number;
  chain: string;
  peer: string;
  name: string | null;
  heard: number;
}

/** Of one node: its connection from one time to another, both so many milliseconds ago; open without the second. */
function connection(
  from: number,
  to: number | null,
  given: Partial<ConnectionSnapshot> = {},
): ConnectionSnapshot {
  const now = Date.now();
  const last = now - (to ?? 0);
  return snapshot({
    peerId: 'QmOne',
    name: 'one',
    chain: 'Development',
    genesisHash: HASH,
    createdAt: now - from,
    firstMessageAt: now - from,
    lastMessageAt: last,
    oldestCreatedAt: now - from,
    newestCreatedAt: last,
    endedAt: to === null ? null : last,
    endReason: to === null ? null : 'closed',
    ...given,
  });
}

async function store(database: TestDatabase, connections: readonly ConnectionSnapshot[]): Promise<void> {
  await using storage = new TestStorage(database.url);
  await storage.store(batch({ connections }));
}

/** A pass that is committed. */
async function pass(database: TestDatabase): Promise<Awaited<ReturnType<typeof registryPass>>> {
  return await onDatabase(database.url, async (client) => {
    await client.query('BEGIN');
    const result = await registryPass(client);
    await client.query('COMMIT');
    return result;
  });
}

/** As if the last pass had been so long ago. */
async function seenUntil(database: TestDatabase, ago: string): Promise<void> {
  await pass(database);
  await database.query('UPDATE node_registry SET seen_until = now() - $1::interval', [ago]);
}

const nodes = (database: TestDatabase): Promise<NodeRow[]> =>
  database.query<NodeRow>(
    `SELECT nodes.id, chains.key AS chain, peer_id AS peer, nodes.name, extract(epoch FROM heard)::float8 AS heard
       FROM nodes JOIN chains ON chains.id = chain_id ORDER BY chains.key, peer_id`,
  );

const minutesHeard = async (database: TestDatabase): Promise<number[]> =>
  (await nodes(database)).map(({ heard }) => Math.round(heard / 60));

describe('the registry of chains and nodes', () => {
  it('stores two chains with the same name, and a node of each with the same peer id', async () => {
    await using database = await TestDatabase.create();
    await store(database, [
      connection(HOUR, null),
      connection(HOUR, null, { genesisHash: OTHER_HASH, name: 'other' }),
      connection(HOUR, null, { genesisHash: null, name: 'without a hash' }),
      connection(HOUR, null, { genesisHash: null, chain: null, name: 'of no chain' }),
      connection(HOUR, null, { peerId: null, name: 'without a peer id' }),
    ]);
    await pass(database);
    expect((await nodes(database)).map(({ chain, name }) => [chain, name])).toEqual([
      [HASH, 'one'],
      [OTHER_HASH, 'other'],
      ['name:Development', 'without a hash'],
    ]);
    expect(await database.query('SELECT name, names FROM chains')).toEqual(
      Array.from({ length: 3 }, () => ({ name: 'Development', names: ['Development'] })),
    );
  });

  it('stores a bounded number of names of a chain, and the latest name', async () => {
    await using database = await TestDatabase.create();
    const named = (n: number): ConnectionSnapshot =>
      connection(HOUR, 30 * MINUTE - n, {
        peerId: `Qm${n.toString()}`,
        chain: `${n.toString()}${'x'.repeat(600)}`,
      });
    await store(
      database,
      Array.from({ length: 10 }, (_, n) => named(n)),
    );
    await pass(database);
    await store(
      database,
      Array.from({ length: 20 }, (_, n) => named(n + 10)),
    );
    await pass(database);
    const [chain] = await database.query<{ name: string; names: string[] }>('SELECT name, names FROM chains');
    expect(chain?.names).toHaveLength(16);
    expect(new Set(chain?.names.map(({ length }) => length))).toEqual(new Set([512]));
    expect(chain?.name.slice(0, 3)).toBe('29x');
  });

  it('counts the time of overlapping connections once', async () => {
    await using database = await TestDatabase.create();
    await store(database, [
      connection(100 * MINUTE, 60 * MINUTE),
      connection(90 * MINUTE, 80 * MINUTE),
      connection(70 * MINUTE, 40 * MINUTE),
      connection(20 * MINUTE, 10 * MINUTE),
    ]);
    await pass(database);
    expect(await minutesHeard(database)).toEqual([70]);
    for (let again = 0; again < 3; again += 1) await pass(database);
    expect(await minutesHeard(database)).toEqual([70]);
  });

  it('adds only the time of connections since the last pass', async () => {
    await using database = await TestDatabase.create();
    await store(database, [connection(100 * MINUTE, 90 * MINUTE)]);
    await seenUntil(database, '30 minutes');
    await store(database, [
      connection(80 * MINUTE, 20 * MINUTE),
      connection(25 * MINUTE, 15 * MINUTE),
      connection(11 * MINUTE, null),
    ]);
    await pass(database);
    // 10 before; of the last half hour 15, and 10 of the open one: the last minute is not counted yet.
    expect(await minutesHeard(database)).toEqual([35]);
    expect(
      (
        await database.query<{ lag: number }>(
          'SELECT extract(epoch FROM passed_at - seen_until)::float8 AS lag FROM node_registry',
        )
      )[0]?.lag,
    ).toBe(60);
  });

  it('counts an open connection of a dead process until its last heartbeat', async () => {
    await using database = await TestDatabase.create();
    await store(database, [connection(100 * MINUTE, null, { lastMessageAt: Date.now() - 61 * MINUTE })]);
    await database.query("UPDATE collectors SET last_seen_at = now() - interval '1 hour' WHERE number = $1", [
      TEST_COLLECTOR.number,
    ]);
    await pass(database);
    expect(await minutesHeard(database)).toEqual([40]);
  });

  it('adds a node of a late connection, with the times of the connection', async () => {
    await using database = await TestDatabase.create();
    const known = connection(90 * MINUTE, 80 * MINUTE, { name: 'known' });
    await store(database, [known]);
    await seenUntil(database, '5 minutes');
    const late = connection(30 * HOUR, 29 * HOUR, { peerId: 'QmLate', name: 'late' });
    await store(database, [late, connection(30 * HOUR, 29 * HOUR, { name: 'older' })]);
    await pass(database);
    expect((await nodes(database)).map(({ peer, name, heard }) => [peer, name, Math.round(heard)])).toEqual([
      ['QmLate', 'late', 3600],
      ['QmOne', 'known', 600],
    ]);
    const seen = await database.query<{ first: Date; last: Date }>(
      'SELECT first_seen_at AS first, last_seen_at AS last FROM nodes ORDER BY peer_id',
    );
    expect(seen[0]).toEqual({ first: new Date(late.firstMessageAt), last: new Date(late.lastMessageAt) });
    expect(seen[1]?.last).toEqual(new Date(known.lastMessageAt));
    expect(Math.round((known.firstMessageAt - (seen[1]?.first.getTime() ?? NaN)) / MINUTE)).toBe(
      30 * 60 - 90,
    );
  });

  it('finds late connections in cycles of bounded passes', async () => {
    await using database = await TestDatabase.create();
    await seenUntil(database, '5 minutes');
    const peers = 4_000;
    await database.query(
      `INSERT INTO peer_connections (id, collector, ip_addr, created_at, audit, peer_id, chain, path, socket_id,
           revision, first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at)
       SELECT n, 1, '', at, false, 'Qm' || lpad((n / 2)::text, 6, '0'), 'Late', '/', gen_random_uuid(), 1,
              at, at + interval '1 hour', at, at, at + interval '1 hour'
         FROM generate_series(0, 2 * $1::int - 1) AS n, LATERAL (SELECT now() - interval '2 days' + n % 2 * interval '1 day') AS t (at)`,
      [peers],
    );
    expect((await pass(database))?.nodes).toBe(MAX_WALKED / 2 - 1);
    await pass(database);
    const rows = await nodes(database);
    expect(rows).toHaveLength(peers);
    // What is known already is not written again.
    const versions = 'SELECT ctid::text, xmin::text FROM nodes ORDER BY id';
    const before = await database.query(versions);
    await pass(database);
    expect(await database.query(versions)).toEqual(before);
    // A part of a round never ends between two connections of one peer.
    expect(new Set(rows.map(({ heard }) => heard))).toEqual(new Set([7200]));
  });

  it('reads a bounded number of ended connections, in the order of their ends', async () => {
    await using database = await TestDatabase.create();
    await database.query(
      `INSERT INTO peer_connections (id, collector, ip_addr, created_at, audit, peer_id, chain, path, socket_id,
           revision, first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at)
       SELECT n, 1, '', at, false, 'Qm' || n % 10, 'Many', '/', gen_random_uuid(), 1, at, at, at, at,
              at + interval '2 seconds'
         FROM generate_series(1, $1::int) AS n, LATERAL (SELECT now() - interval '1 day' + n * interval '1 second') AS t (at)`,
      [MAX_ENDED + 1_000],
    );
    expect(await pass(database)).toEqual({ nodes: 10, behind: true });
    expect(await pass(database)).toEqual({ nodes: 10, behind: false });
    // One connection was open at the watermark, for a second.
    const heard = (await nodes(database)).map((node) => node.heard);
    expect(heard.reduce((sum, seconds) => sum + seconds, 0)).toBe((MAX_ENDED + 1_000) * 2 - 1);
  });

  it('updates the row of a chain only for a name, an earlier begin, or an end minutes later', async () => {
    await using database = await TestDatabase.create();
    const said = (ago: number, given: Partial<ConnectionSnapshot> = {}): Promise<void> =>
      store(database, [connection(HOUR, ago, { endedAt: null, endReason: null, ...given })]);
    const written = async (): Promise<number> => {
      const version = 'SELECT xmin::text FROM chains';
      const [before] = await database.query<{ xmin: string }>(version);
      await pass(database);
      const [after] = await database.query<{ xmin: string }>(version);
      return Number(before?.xmin !== after?.xmin);
    };
    await said(10 * MINUTE);
    await pass(database);
    expect(await written()).toBe(0);
    await said(6 * MINUTE, { peerId: 'QmTwo' });
    expect(await written()).toBe(0);
    await said(4 * MINUTE, { peerId: 'QmThree' });
    expect(await written()).toBe(1);
    await said(3 * MINUTE, { peerId: 'QmFour', chain: 'Renamed' });
    expect(await written()).toBe(1);
    await store(database, [connection(2 * HOUR, HOUR, { peerId: 'QmFive' })]);
    expect(await written()).toBe(1);
    expect(await written()).toBe(0);
    expect(await database.query('SELECT name, names FROM chains')).toEqual([
      { name: 'Renamed', names: ['Development', 'Renamed'] },
    ]);
  });

  it('stores the latest name of a chain, also with more nodes than one FETCH', async () => {
    await using database = await TestDatabase.create();
    const heardAgain = async (): Promise<void> => {
      await database.query("UPDATE peer_connections SET last_message_at = last_message_at + interval '1 s'");
      await pass(database);
    };
    await database.query(
      `INSERT INTO peer_connections (id, collector, ip_addr, created_at, audit, peer_id, genesis_hash, chain, path,
           socket_id, revision, first_message_at, last_message_at, oldest_created_at, newest_created_at)
       SELECT n, 1, '', at, false, 'Qm' || lpad(n::text, 6, '0'), $1, CASE n WHEN 5 THEN 'Newest' ELSE 'Other' END, '/',
              gen_random_uuid(), 1, at, at + CASE n WHEN 5 THEN 100 ELSE n % 7 END * interval '1 ms', at, at
         FROM generate_series(1, 2500) AS n, LATERAL (SELECT now() - interval '1 hour') AS t (at)`,
      [HASH],
    );
    await pass(database);
    const row = 'SELECT xmin::text, name FROM chains';
    const before = await database.query(row);
    expect(before).toMatchObject([{ name: 'Newest' }]);
    for (let again = 0; again < 3; again += 1) await heardAgain();
    expect(await database.query(row)).toEqual(before);
  });

  it('is unchanged if a pass was killed', async () => {
    await using database = await TestDatabase.create();
    await store(database, [connection(50 * MINUTE, 40 * MINUTE)]);
    await seenUntil(database, '30 minutes');
    await store(database, [
      connection(31 * MINUTE, 10 * MINUTE),
      connection(HOUR, null, { peerId: 'QmTwo' }),
    ]);
    await onDatabase(database.url, async (client) => {
      await client.query('BEGIN');
      expect((await registryPass(client))?.nodes).toBe(2);
      const [own] = (await client.query<{ n: number }>('SELECT count(*)::int AS n FROM nodes')).rows;
      expect(own?.n).toBe(2);
      await client.query('ROLLBACK');
    });
    expect(await minutesHeard(database)).toEqual([10]);
    await pass(database);
    await pass(database);
    expect(await minutesHeard(database)).toEqual([30, 59]);
  });

  it('is updated by one replica at a time', async () => {
    await using database = await TestDatabase.create();
    await store(database, [connection(100 * MINUTE, null)]);
    await onDatabase(database.url, async (first: ClientBase) => {
      await first.query('BEGIN');
      expect(await registryPass(first)).toMatchObject({ nodes: 1 });
      expect(await pass(database)).toBeNull();
      await first.query('COMMIT');
    });
    const results = await Promise.all(Array.from({ length: 4 }, () => pass(database)));
    expect(results.some((result) => result !== null)).toBe(true);
    expect(await minutesHeard(database)).toEqual([99]);
  });

  it('never changes the id of a chain or a node, and skips none', async () => {
    await using database = await TestDatabase.create();
    await store(database, [connection(HOUR, null), connection(HOUR, null, { peerId: 'QmTwo' })]);
    await pass(database);
    const before = await nodes(database);
    for (let again = 0; again < 5; again += 1) await pass(database);
    await store(database, [connection(HOUR, null, { peerId: 'QmThree', genesisHash: OTHER_HASH })]);
    await pass(database);
    const after = await nodes(database);
    expect(after.slice(0, 2)).toEqual(
      before.map((node) => ({ ...node, heard: expect.any(Number) as number })),
    );
    expect(after.map(({ id }) => id).sort()).toEqual([1, 2, 3]);
    expect(await database.query('SELECT id FROM chains ORDER BY id')).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('reads connections by index, however many there are', async () => {
    await using database = await TestDatabase.create();
    await database.query(
      `INSERT INTO peer_connections (id, collector, ip_addr, created_at, audit, peer_id, chain, path, socket_id,
           revision, first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at)
       SELECT n, 1, '', at, false, 'Qm' || n % 5000, 'Many', '/', gen_random_uuid(), 1, at, at, at, at,
              CASE WHEN n % 1000 > 0 THEN at END
         FROM generate_series(1, 30000) AS n, LATERAL (SELECT now() - n * interval '1 minute') AS t (at)`,
    );
    await database.query('ANALYZE peer_connections');
    const plan = await database.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${SEEN_NODES}`, [
      new Date(Date.now() - HOUR),
      new Date(),
      'infinity',
      'Qm1',
      'Qm11',
    ]);
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).not.toContain('Seq Scan on peer_connections');
    for (const index of ['open', 'ended_at', 'peer_created_at'])
      expect(text).toContain(`peer_connections_${index}`);
  });
});

describe('the purge', () => {
  /** Ages all of a node by so many days. */
  const age = (database: TestDatabase, peer: string, days: number): Promise<unknown> =>
    database.query(
      'UPDATE nodes SET last_seen_at = last_seen_at - make_interval(days => $2) WHERE peer_id = $1',
      [peer, days],
    );

  it('removes briefly connected nodes after 30 days, and then chains without nodes', async () => {
    await using database = await TestDatabase.create();
    await using purge = await TestPurge.open(database.url, 24);
    await store(database, [
      connection(2 * HOUR, MINUTE, { peerId: 'QmLong' }),
      connection(MINUTE, 0, { peerId: 'QmBrief' }),
      connection(MINUTE, 0, { peerId: 'QmOtherBrief', genesisHash: OTHER_HASH }),
    ]);
    await pass(database);
    await database.query("UPDATE chains SET last_seen_at = now() - interval '31 days'");
    for (const peer of ['QmLong', 'QmBrief', 'QmOtherBrief']) await age(database, peer, 29);
    expect((await purge.done(Date.now())).rows).not.toHaveProperty('nodes', 1);
    expect(await nodes(database)).toHaveLength(3);
    await age(database, 'QmOtherBrief', 2);
    await age(database, 'QmLong', 400);
    expect((await purge.preview(Date.now())).rows).toMatchObject({ nodes: 1 });
    expect((await purge.done(Date.now())).rows).toMatchObject({ nodes: 1, chains: 1 });
    expect((await nodes(database)).map(({ peer }) => peer)).toEqual(['QmBrief', 'QmLong']);
    await age(database, 'QmBrief', 2);
    expect((await purge.done(Date.now())).rows).toMatchObject({ nodes: 1 });
    expect((await nodes(database)).map(({ chain, peer }) => [chain, peer])).toEqual([[HASH, 'QmLong']]);
  });

  it('of connections and messages keeps nodes and chains', async () => {
    await using database = await TestDatabase.create();
    await using purge = await TestPurge.open(database.url, 1);
    await store(database, [connection(10 * DAY, 9 * DAY)]);
    await pass(database);
    const before = await nodes(database);
    expect((await purge.done(Date.now())).rows).toMatchObject({ peer_connections: 1 });
    expect(await database.query('SELECT FROM peer_connections')).toEqual([]);
    await pass(database);
    expect(await nodes(database)).toEqual(before);
  });

  it('is not undone by the next pass if the connection still exists', async () => {
    await using database = await TestDatabase.create();
    await store(database, [
      connection(40 * DAY, 40 * DAY - MINUTE),
      connection(40 * DAY, 40 * DAY - 2 * HOUR, { peerId: 'QmLong' }),
    ]);
    await pass(database);
    expect((await nodes(database)).map(({ peer }) => peer)).toEqual(['QmLong']);
  });
});

describe('a server', () => {
  it('exports the numbers of chains and nodes, and the time of the last update', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmMetric', chain: 'Metrics', genesis_hash: HASH });
    await waitUntil(
      async () => (await database.query('SELECT FROM peer_connections WHERE peer_id IS NOT NULL')).length,
      { what: 'the connection' },
    );
    expect((await server.metric('tetcore_registry_last_pass_timestamp_seconds')).size).toBe(0);
    await server.server.app.get(NodeRegistry).update();
    expect(await server.metric('tetcore_registry_rows')).toEqual(
      new Map([
        ['table="chains"', 1],
        ['table="nodes"', 1],
      ]),
    );
    const [at] = (await server.metric('tetcore_registry_last_pass_timestamp_seconds')).values();
    expect(Math.abs((at ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    // A failure is counted, and made up for.
    await database.query('ALTER TABLE nodes RENAME TO away');
    await server.server.app.get(NodeRegistry).update();
    expect([...(await server.metric('tetcore_registry_failures_total')).values()]).toEqual([1]);
    await database.query('ALTER TABLE away RENAME TO nodes');
    await server.server.app.get(NodeRegistry).update();
    expect([...(await server.metric('tetcore_registry_failures_total')).values()]).toEqual([1]);
    await node.close();
  });
});
