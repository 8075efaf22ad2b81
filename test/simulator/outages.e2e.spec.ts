import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/platform/config/index.js';
import { downGapId } from '../../src/observer/index.js';
import { DatabaseSink } from '../../src/simulator/database/database-sink.js';
import { fill, SimulatedNetwork, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { dispatch } from '../../src/simulator/play/message-sink.js';
import { collectorOf } from '../../src/storage/index.js';
import { storedGaps } from '../observer/observed.js';
import { TestDatabase } from '../support/databases.js';
import { PostgresProxy } from '../support/postgres-proxy.js';

// What storage says of its work would drown what a test says.
Logger.overrideLogger(['fatal']);

const startAt = Date.UTC(2021, 1, 9, 9);
const minute = (n: number): number => startAt + n * 60_000;
const OUTAGES = [
  { from: minute(10), to: minute(12) },
  { from: minute(30), to: minute(30.5) },
];
const endAt = minute(45);
const settings = readSettings({ LOG_EXPIRY_H: (100 * 24).toString(), NUM_THREADS: '4' });
const options: NetworkOptions = {
  scenario: readScenario({
    nodes: 10,
    software: { polkadot: 2, collator: 1, 'substrate-2': 1 },
    verbosity: { '0': 1 },
    reconnecting: { share: 0.3, everyMinutes: 10, awaySeconds: [5, 30] },
    outages: [
      { afterMinutes: 10, forMinutes: 2 },
      { afterMinutes: 30, forMinutes: 0.5 },
    ],
  }),
  seed: 6,
  startAt,
};

interface Planted {
  peerId: string;
  began: number;
  /** Of the last message, where the collector was lost. */
  ended: number;
  reason: string;
}

/** The connections of the network, and how many messages there are. */
function plant(): { connections: Planted[]; messages: number } {
  const connections: Planted[] = [];
  const open = new Map<string, Planted>();
  const lastSaid = new Map<string, number>();
  let messages = 0;
  const end = (key: string, at: number, reason: string): void => {
    const one = open.get(key);
    if (one === undefined) return;
    open.delete(key);
    connections.push({ ...one, reason, ended: reason === 'closed' ? at : (lastSaid.get(key) ?? 0) });
  };
  let reason = 'closed';
  let last = startAt;
  for (const event of new SimulatedNetwork(options).events()) {
    if (event.at >= endAt) break;
    if (event.kind === 'message') {
      const { host, profile } = event.node;
      messages += 1;
      last = event.at;
      lastSaid.set(`${host.toString()} ${profile.peerId}`, event.at);
    } else if ('host' in event) {
      for (const { profile, host } of event.host.nodes) {
        const key = `${host.toString()} ${profile.peerId}`;
        if (event.kind === 'disconnected') end(key, event.at, reason);
        else open.set(key, { peerId: profile.peerId, began: event.at, ended: 0, reason: '' });
      }
    } else reason = event.kind === 'collector_lost' ? 'collector_lost' : 'closed';
  }
  for (const key of [...open.keys()]) end(key, last, 'closed');
  return { connections, messages };
}

const order = (one: Planted, other: Planted): number =>
  one.began - other.began || one.peerId.localeCompare(other.peerId);

describe('outages of the collector in a history', () => {
  const planted = plant();
  let database: TestDatabase;

  beforeAll(async () => {
    database = TestDatabase.missing();
    const sink = await DatabaseSink.open({ url: database.url, settings });
    await fill(new SimulatedNetwork(options), sink, { endAt });
    await sink.end();
    expect(sink.totals()).toMatchObject({ stored: planted.messages, rejected: 0, dropped: 0 });
  });

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  it('end connections as a killed server does, and nodes reconnect', async () => {
    const rows = await database.query<Planted>(
      `SELECT peer_id AS "peerId", extract(epoch FROM created_at)::float8 * 1000 AS began,
              extract(epoch FROM ended_at)::float8 * 1000 AS ended, end_reason AS reason
         FROM peer_connections`,
    );
    const whole = rows.map((row) => ({ ...row, began: Math.round(row.began), ended: Math.round(row.ended) }));
    expect(whole.sort(order)).toEqual(planted.connections.sort(order));
    const lost = planted.connections.filter(({ reason }) => reason === 'collector_lost');
    expect(lost.length).toBeGreaterThan(16);
    expect(planted.connections.length).toBeGreaterThan(lost.length + 10);
    expect(
      await database.query(
        `SELECT id FROM peer_connections
          WHERE end_reason = 'collector_lost'
                AND (ended_at <> last_message_at OR end_code IS NOT NULL OR types IS NOT NULL)`,
      ),
    ).toEqual([]);
  });

  it('have no messages; each collector has the messages between two outages', async () => {
    for (const { from, to } of OUTAGES) {
      const within = await database.query(
        'SELECT FROM tetcore_logs WHERE received_at >= $1 AND received_at < $2',
        [new Date(from), new Date(to)],
      );
      expect(within).toEqual([]);
    }
    const spans = await database.query<{ first: Date; last: Date }>(
      `SELECT min(received_at) AS first, max(received_at) AS last FROM tetcore_logs
        GROUP BY collector ORDER BY first`,
    );
    const [first, second, third] = OUTAGES;
    expect.assert(first !== undefined && second !== undefined && third === undefined);
    expect(spans).toHaveLength(3);
    const borders = [startAt, first.from, first.to, second.from, second.to, endAt];
    for (const [index, span] of spans.entries()) {
      expect(span.first.getTime()).toBeGreaterThanOrEqual(borders[2 * index] ?? NaN);
      expect(span.last.getTime()).toBeLessThan(borders[2 * index + 1] ?? NaN);
    }
  });

  it('are observation gaps of the lost collectors, with the same ids as servers record', async () => {
    const collectors = await database.query<{
      number: number;
      id: string;
      gap: string | null;
      ends: boolean;
    }>(
      `SELECT number, collectors.id, observer_gaps.id AS gap, stopped_at IS NOT NULL AS ends
         FROM collectors LEFT JOIN observer_gaps ON collector = number
        ORDER BY began_at`,
    );
    expect(collectors.map(({ gap, ends }) => ({ isLost: gap !== null, ends }))).toEqual([
      { isLost: true, ends: false },
      { isLost: true, ends: false },
      { isLost: false, ends: true },
    ]);
    for (const { id, gap } of collectors) expect(gap).toBe(gap && downGapId(id));
    expect(await storedGaps(database)).toEqual(
      OUTAGES.map(({ from, to }, index) => ({
        collector: collectors[index]?.number,
        cause: 'down',
        began: from,
        ended: to,
      })),
    );
    const ids = await database.query<{ id: string; at: Date }>(
      `SELECT id, created_at AS at FROM peer_connections WHERE end_reason = 'collector_lost'`,
    );
    for (const { id, at } of ids)
      expect(collectorOf(Number(id))).toBe(
        collectors[at.getTime() < (OUTAGES[0]?.from ?? 0) ? 0 : 1]?.number,
      );
  });
});

describe('an outage', () => {
  it('at the end of a history stays open', async () => {
    await using database = await TestDatabase.create();
    const sink = await DatabaseSink.open({ url: database.url, settings });
    await fill(new SimulatedNetwork(options), sink, { endAt: minute(11) });
    await sink.end();
    expect(await storedGaps(database)).toMatchObject([{ cause: 'down', began: minute(10), ended: null }]);
    expect(await database.query('SELECT FROM peer_connections WHERE ended_at IS NULL')).toEqual([]);
    expect(await database.query('SELECT FROM collectors WHERE stopped_at IS NULL')).toHaveLength(1);
  });

  // The pool has one connection, which is made again after the fault; a collector comes by one of its own.
  it.each([
    { fault: 'INTO observer_gaps', when: 'collector_lost', made: 1 },
    { fault: 'UPDATE peer_connections', when: 'collector_lost', made: 1 },
    { fault: 'INTO collectors', when: 'collector_back', made: 2 },
    { fault: 'INTO observer_gaps', when: 'collector_back', made: 2 },
  ] as const)('is whole where the connection breaks at $fault, $when', async ({ fault, when, made }) => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    const one = readSettings({ NUM_THREADS: '1', DB_POOL_SIZE: '1' });
    const sink = await DatabaseSink.open({ url: proxy.url, settings: one });
    for (const event of new SimulatedNetwork(options).events()) {
      if (event.at >= minute(13)) break;
      const before = proxy.connections;
      if (event.kind === when) proxy.when(fault, 'cut');
      await dispatch(event, sink);
      if (event.kind === when) expect(proxy.connections).toBe(before + made);
    }
    await sink.end();
    expect(await storedGaps(database)).toMatchObject([
      { cause: 'down', began: minute(10), ended: minute(12) },
    ]);
    expect(await database.query('SELECT FROM peer_connections WHERE ended_at IS NULL')).toEqual([]);
    expect(await database.query('SELECT FROM collectors')).toHaveLength(2);
  });
});
