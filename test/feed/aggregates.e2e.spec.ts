import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AGGREGATE_TYPES } from '../../src/feed/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { FeedClient, type FeedRow } from '../support/feed-client.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const FAST = { CACHE_UPDATE_INTERVAL_MS: '50' };
const INTERVAL_S = 10;

interface Sample {
  /** Before the end of what is played: microseconds. */
  agoUs: number;
  target: string | undefined;
  name: string | undefined;
  /** JSON. */
  time: string | undefined;
}

const edges = fc.nat({ max: 59 }).map((n) => n * INTERVAL_S * 1e6);
const sample = fc.record({
  agoUs: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 600e6 }) }, { weight: 1, arbitrary: edges }),
  target: fc.constantFrom('txpool', 'state', 'a "quoted", {strange} \\ one', undefined),
  name: fc.constantFrom('new', 'import', undefined),
  time: fc.oneof(
    { weight: 4, arbitrary: fc.nat({ max: 100_000 }).map(String) },
    { weight: 2, arbitrary: fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String) },
    { weight: 2, arbitrary: fc.nat({ max: 100_000 }).map((n) => `"${n.toString()}"`) },
    { weight: 1, arbitrary: fc.nat({ max: 100_000 }).map((n) => `${n.toString()}.25`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom('"12 ms"', '""', 'null', '[1]', 'true', '{"time": 3}', undefined),
    },
  ),
});
const batches = fc.array(fc.array(sample, { minLength: 1, maxLength: 60 }), { minLength: 3, maxLength: 5 });

/** With 9 digits of a second, as nodes write them. */
function tsOf(microseconds: number): string {
  const seconds = Math.floor(microseconds / 1e6);
  const fraction = (microseconds % 1e6).toString().padStart(6, '0');
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}000+00:00`;
}

function frameOf({ target, name, time, agoUs }: Sample, endUs: number): string {
  const fields = {
    msg: '"tracing.profiling"',
    ts: JSON.stringify(tsOf(endUs - agoUs)),
    target: JSON.stringify(target),
    name: JSON.stringify(name),
    time,
  };
  const given = Object.entries(fields).filter(([, json]) => json !== undefined);
  return `{${given.map(([key, json]) => `"${key}":${json ?? ''}`).join(',')}}`;
}

const REFERENCE = `
  WITH sample AS (
    SELECT to_char(to_timestamp(floor(extract(epoch FROM created_at) / $3) * $3) AT TIME ZONE 'UTC',
                   'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS created_at, logs->>'target' AS target, logs->>'name' AS name,
           CASE WHEN logs->>'time' ~ '^[+-]?[0-9]+([.][0-9]+)?$' THEN (logs->>'time')::numeric END AS time
      FROM tetcore_logs WHERE msg = $2 AND peer_connection_id IN (SELECT id FROM peer_connections WHERE peer_id = $1))
  SELECT created_at, target, name, avg(time)::float8 AS mean, min(time)::float8 AS min, max(time)::float8 AS max,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY time::float8) AS median,
         percentile_cont(0.5) WITHIN GROUP (ORDER BY time::float8) AS p50,
         percentile_cont(0.9) WITHIN GROUP (ORDER BY time::float8) AS percentile90,
         percentile_cont(0.95) WITHIN GROUP (ORDER BY time::float8) AS p95,
         percentile_cont(0.99) WITHIN GROUP (ORDER BY time::float8) AS p99
    FROM sample WHERE time IS NOT NULL GROUP BY 1, 2, 3`;

type Reference = Record<string, number> & { created_at: string; target: string | null; name: string | null };

async function nodeNamed(server: TestServer, peerId: string): Promise<FakeNode> {
  const node = await FakeNode.connect(server.ws);
  await node.sendConnected({ network_id: peerId });
  return node;
}

async function updates(server: TestServer): Promise<number> {
  return (await server.metric('tetcore_feed_update_seconds_count')).get('') ?? 0;
}

const isNear = (one: number, other: number): boolean =>
  Math.abs(one - other) <= 4 * Number.EPSILON * Math.max(Math.abs(one), Math.abs(other));

function differences(reference: readonly Reference[], type: string, found: Map<string, FeedRow>): unknown[] {
  const wrong = reference.filter((row) => {
    const got = found.get(`${row.created_at} ${String(row.target)} ${String(row.name)}`);
    return got === undefined || !isNear(row[type] ?? NaN, Number(got.time));
  });
  return found.size === reference.length
    ? wrong
    : [{ type, rows: reference.length, found: found.size }, ...wrong];
}

describe('aggregates of the live feed', () => {
  it('equal those of SQL, whatever arrives when', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    let run = 0;
    await fc.assert(
      fc.asyncProperty(batches, fc.nat({ max: 2 }), async (all, joinAfter) => {
        const peerId = `QmRun${(run += 1).toString()}`;
        const node = await nodeNamed(server, peerId);
        const endUs = Math.floor(Date.now() / 10_000) * 10_000_000;
        const clients = new Map<string, FeedClient>();
        for (const [index, batch] of all.entries()) {
          if (index === joinAfter) {
            for (const type of AGGREGATE_TYPES) {
              const client = await FeedClient.connect(server.ws);
              client.subscribe(peerId, 'tracing.profiling', {
                aggregate_type: type,
                aggregate_interval: INTERVAL_S,
              });
              clients.set(type, client);
            }
          }
          for (const one of batch) await node.send(frameOf(one, endUs));
          const before = await updates(server);
          await waitUntil(async () => index < joinAfter || (await updates(server)) > before, {
            what: 'an update',
          });
        }
        const count = all.flat().length;
        const reference = await waitUntil(
          async () => {
            const [stored] = await database.query<{ count: number }>(
              `SELECT count(*)::int AS count FROM tetcore_logs JOIN peer_connections AS c ON c.id = peer_connection_id
                WHERE peer_id = $1 AND msg = 'tracing.profiling'`,
              [peerId],
            );
            return (
              stored?.count === count &&
              (await database.query<Reference>(REFERENCE, [peerId, 'tracing.profiling', INTERVAL_S]))
            );
          },
          { what: 'all to be stored' },
        );
        for (const [type, client] of clients) {
          await waitUntil(() => differences(reference, type, client.aggregates).length === 0, {
            what: `the ${type} of SQL`,
            timeoutMs: 3_000,
          }).catch(() => expect(differences(reference, type, client.aggregates)).toEqual([]));
          expect(client.errors).toEqual([]);
          await client.close();
        }
        await node.close();
      }),
      { seed: 20260101, numRuns: 12 },
    );
  }, 120_000);

  it('have the documented form, with exact means', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const node = await nodeNamed(server, 'QmForm');
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmForm', 'tracing.profiling', { aggregate_type: 'mean', aggregate_interval: 600 });
    await client.settled();
    const ts = new Date(Math.floor(Date.now() / 600_000) * 600_000).toISOString();
    for (const time of ['18446744073709551615', '"18446744073709551613"']) {
      await node.send(
        `{"msg":"tracing.profiling","ts":"${ts}","target":"t","name":"n","time":${time},"values":{}}`,
      );
    }
    const expected = `{"time":18446744073709551614,"name":"n","target":"t","values":"","created_at":"${ts.slice(0, 19)}.000000Z"}`;
    await waitUntil(() => client.texts.at(-1)?.includes(expected), { what: expected });
    expect(client.texts.at(-1)).toBe(
      `{"peer_message":{"peer_id":"QmForm","msg":"tracing.profiling"},"data":[${expected}]}`,
    );
  });

  it('are sent again if a new or late sample changes them, and only then', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, FAST);
    const node = await nodeNamed(server, 'QmChange');
    const start = Math.floor(Date.now() / 60_000) * 60_000 - 600_000;
    const at = (ms: number): string => new Date(start + ms).toISOString();
    const send = (ms: number, peers: number): Promise<void> =>
      node.sendV1({ msg: 'system.interval', peers }, at(ms));
    await send(0, 10);
    await send(60_000, 20);
    await send(119_999, 40);
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmChange', 'system.interval', {
      aggregate_key: 'peers',
      aggregate_type: 'max',
      aggregate_interval: 60,
      start_time: at(30_000),
    });
    await waitUntil(() => client.aggregates.size === 2, { what: 'two intervals' });
    const row = (ms: number, time: number): object => ({
      time,
      name: null,
      target: null,
      values: '',
      created_at: at(ms).replace('Z', '000Z'),
    });
    await waitUntil(() => [...client.aggregates.values()].every((one) => one.time !== 20), { what: '40' });
    expect([...client.aggregates.values()]).toEqual([row(0, 10), row(60_000, 40)]);
    const before = client.rows.length;
    await send(59_999, 30);
    await client.has(before + 1);
    expect(client.rows.slice(before)).toEqual([row(0, 30)]);
    await send(120_000, 5);
    await client.has(before + 2);
    expect(client.rows.slice(before + 1)).toEqual([row(120_000, 5)]);
    // A second aggregate of the pair replaces the first; a raw subscription exists beside it.
    client.subscribe('QmChange', 'system.interval', {
      aggregate_key: 'peers',
      aggregate_type: 'min',
      aggregate_interval: 600,
    });
    client.subscribe('QmChange', 'system.interval');
    await client.has(before + 2 + 1 + 5);
    await client.settled();
    expect(client.rows.length).toBeGreaterThanOrEqual(before + 8);
    client.unsubscribe('QmChange', 'system.interval', { aggregate_type: 'min' });
    await client.settled();
    expect((await server.metric('tetcore_feed_subscriptions')).get('')).toBe(1);
    const then = client.rows.length;
    await send(121_000, 1);
    await client.has(then + 1);
    await client.settled();
    expect(client.rows.slice(then)).toMatchObject([{ peers: 1 }]);
  });

  it('omit the interval that is not cached completely', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { ...FAST, CACHE_EXPIRY_S: '120' });
    const node = await nodeNamed(server, 'QmWhole');
    const now = Date.now();
    for (const ago of [300_000, 150_000, 119_000, 90_000, 45_000, 1_000]) {
      await node.sendV1({ msg: 'x.time', time: ago }, new Date(now - ago).toISOString());
    }
    await waitUntil(
      async () => (await database.query("SELECT FROM tetcore_logs WHERE msg = 'x.time'")).length === 6,
      { what: 'six messages' },
    );
    const subscribedAt = Date.now();
    const client = await FeedClient.connect(server.ws);
    client.subscribe('QmWhole', 'x.time', { aggregate_type: 'min', aggregate_interval: 40 });
    await waitUntil(() => client.rows.some((row) => row.time === 1_000), { what: 'the newest' });
    const starts = client.rows.map((row) => Date.parse(row.created_at));
    expect(Math.min(...starts)).toBeGreaterThanOrEqual(subscribedAt - 120_000);
    const intervals = new Set(
      [119_000, 90_000, 45_000, 1_000]
        .map((ago) => Math.floor((now - ago) / 40_000) * 40_000)
        .filter((start) => start >= subscribedAt - 119_000),
    );
    for (const start of intervals) expect(starts).toContain(start);
  });
});
