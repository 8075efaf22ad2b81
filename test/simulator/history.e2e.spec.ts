import { collectorOf } from '../../src/storage/index.js';
import { Logger } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings } from '../../src/platform/config/index.js';
import { DatabaseSink } from '../../src/simulator/database/database-sink.js';
import {
  fill,
  type Host,
  SimulatedNetwork,
  type NetworkOptions,
  type NodeMessage,
  readScenario,
  UnreachableError,
} from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { type Fault, PostgresProxy } from '../support/postgres-proxy.js';
import { freePort } from '../support/free-port.js';
import { TestServer } from '../support/test-server.js';

// What storage says of its work would drown what a test says.
Logger.overrideLogger(['fatal']);

const DAY_MS = 86_400_000;
const startAt = Date.UTC(2021, 1, 9, 9);
const endAt = startAt + 3 * DAY_MS;
/** Partitions of days. */
const settings = readSettings({ LOG_EXPIRY_H: (100 * 24).toString(), NUM_THREADS: '4' });
const options: NetworkOptions = {
  scenario: readScenario({
    nodes: 8,
    audit: 0.25,
    chains: [{ name: 'Slow', slotSeconds: 60 }],
    software: { tetcore: 2, polkadot: 1, collator: 1, 'substrate-2': 1 },
    verbosity: { '0': 1 },
    reports: { intervalSeconds: 120, transactionsSeconds: 120, networkStateSeconds: 21_600 },
    reconnecting: { share: 1, everyMinutes: 600, awaySeconds: [60, 3_600] },
    wrongClocks: { share: 0.3, seconds: [8 * 86_400, 30 * 86_400] },
  }),
  seed: 4,
  startAt,
};

/** What the same network says when nobody listens. */
class Expected {
  readonly network = new SimulatedNetwork(options);
  readonly messages: NodeMessage[] = [];
  readonly opened: { host: Host; at: number }[] = [];
  readonly ended: { host: Host; at: number }[] = [];

  constructor() {
    for (const event of this.network.events()) {
      if (event.at >= endAt) break;
      if (event.kind === 'message') this.messages.push(event);
      else if ('host' in event) (event.kind === 'connected' ? this.opened : this.ended).push(event);
    }
  }

  isAudit({ node }: NodeMessage): boolean {
    return this.network.hosts[node.host]?.path.startsWith('/audit') === true;
  }

  /** The times of changes, once for each node of their sockets. */
  timesOf(changes: readonly { host: Host; at: number }[]): number[] {
    return changes.flatMap(({ host, at }) => host.nodes.map(() => at)).sort();
  }
}

/** Whether a clock is so wrong that it is not believed. */
const isOff = ({ node }: NodeMessage) => Math.abs(node.profile.hardware.clockSkewMs) > DAY_MS;

describe('a history that the simulator writes to a database', () => {
  const expected = new Expected();
  let database: TestDatabase;
  let generated: number;

  beforeAll(async () => {
    database = TestDatabase.missing();
    const sink = await DatabaseSink.open({ url: database.url, settings });
    generated = await fill(new SimulatedNetwork(options), sink, { endAt });
    await sink.end();
    expect(sink.totals()).toEqual({
      stored: generated,
      rejected: 0,
      dropped: 0,
      opened: expected.opened.length,
    });
  });

  afterAll(async () => {
    await database[Symbol.asyncDispose]();
  });

  const count = async (what: string): Promise<number> =>
    Number((await database.query<{ count: string }>(`SELECT count(*) FROM ${what}`))[0]?.count);

  it('has every message once, with messages of /audit in their own table', async () => {
    const audited = expected.messages.filter((message) => expected.isAudit(message)).length;
    expect(generated).toBe(expected.messages.length);
    expect(generated).toBeGreaterThan(30_000);
    expect(audited).toBeGreaterThan(1_000);
    expect(await count('logs_audit')).toBe(audited);
    expect(await count('logs_expiring')).toBe(generated - audited);
    expect(await count('rejected_messages')).toBe(0);
    expect(
      await count('tetcore_logs AS log JOIN peer_connections AS one ON one.id = log.peer_connection_id'),
    ).toBe(generated);
    expect(
      await count(
        `tetcore_logs AS log JOIN peer_connections AS one ON one.id = log.peer_connection_id
          WHERE log.audit <> one.audit`,
      ),
    ).toBe(0);
  });

  it('has timestamps of nodes if they were plausible in simulated time', async () => {
    const [bounds] = await database.query(
      `SELECT min(received_at) >= $1 AND max(received_at) < $2 AS received_within,
              min(created_at) >= $1::timestamptz - interval '1 s'
                AND max(created_at) < $2::timestamptz + interval '1 s' AS created_within
         FROM tetcore_logs`,
      [new Date(startAt), new Date(endAt)],
    );
    expect(bounds).toEqual({ received_within: true, created_within: true });
    const byClock = "created_at = (logs->>'ts')::timestamptz";
    const off = expected.messages.filter(isOff).length;
    expect(off).toBeGreaterThan(1_000);
    expect(await count(`tetcore_logs WHERE ${byClock}`)).toBe(generated - off);
    expect(await count(`tetcore_logs WHERE NOT ${byClock} AND created_at = received_at`)).toBe(off);
  });

  it('has partitions for its days', async () => {
    const partitions = await database.query<{ name: string }>(
      `SELECT inhrelid::regclass::text AS name FROM pg_inherits
        WHERE inhparent = 'logs_expiring'::regclass ORDER BY name LIMIT 4`,
    );
    expect(partitions.map(({ name }) => name)).toEqual(
      ['09', '10', '11', '12'].map((day) => `logs_expiring_202102${day}00`),
    );
  });

  it('has connections with the start, end and messages of the sockets', async () => {
    const rows = await database.query<{ id: string; created_at: Date; ended_at: Date; socket_id: string }>(
      'SELECT id, created_at, ended_at, socket_id FROM peer_connections ORDER BY created_at',
    );
    const times = (column: 'created_at' | 'ended_at') => rows.map((row) => row[column].getTime()).sort();
    expect(expected.ended.length).toBeGreaterThan(10);
    expect(times('created_at')).toEqual(expected.timesOf(expected.opened));
    // Those that are left end with the last message of all.
    const left = expected.network.nodes.length;
    expect(times('ended_at').slice(0, -left)).toEqual(expected.timesOf(expected.ended).slice(0, rows.length));
    expect(new Set(times('ended_at').slice(-left))).toEqual(new Set([expected.messages.at(-1)?.at]));
    expect(new Set(rows.map(({ socket_id }) => socket_id)).size).toBe(expected.opened.length);
    // One collector names them all, one after the other.
    const ids = rows.map(({ id }) => Number(id));
    expect(new Set(ids.map(collectorOf)).size).toBe(1);
    expect(Math.max(...ids) - Math.min(...ids)).toBe(rows.length - 1);

    expect(
      await database.query(
        `SELECT one.id FROM peer_connections AS one CROSS JOIN LATERAL (
           SELECT date_trunc('milliseconds', min(created_at)) AS oldest,
                  date_trunc('milliseconds', max(created_at)) AS newest,
                  min(received_at) AS first, max(received_at) AS last
             FROM tetcore_logs WHERE peer_connection_id = one.id) AS messages
          WHERE (oldest_created_at, newest_created_at, first_message_at, last_message_at)
                IS DISTINCT FROM (oldest, newest, first, last)
             OR end_reason <> 'closed' OR end_code <> 1000 OR peer_id IS NULL OR name IS NULL`,
      ),
    ).toEqual([]);
    expect(
      await database.query('SELECT DISTINCT path FROM peer_connections WHERE audit ORDER BY path'),
    ).toEqual([{ path: '/audit' }]);
  });

  it('can be queried by a server', async () => {
    await using server = await TestServer.ready(database.url);
    const wanted = expected.messages
      .filter((message) => message.msg === 'block.import' && !isOff(message))
      .at(5_000);
    const { ts } = JSON.parse(wanted?.text ?? '') as { ts: string };
    const query = new URLSearchParams({
      peer_id: wanted?.node.profile.peerId ?? '',
      msg: wanted?.msg ?? '',
      start_time: new Date(Date.parse(ts) - 1).toISOString(),
      end_time: new Date(Date.parse(ts) + 1).toISOString(),
    });
    const response = await server.get(`/nodes/logs?${query.toString()}`);
    expect(await response.json()).toMatchObject([
      {
        ip_addr: wanted?.node.profile.hardware.ip,
        peer_id: wanted?.node.profile.peerId,
        msg: wanted?.msg,
        logs: { ts },
      },
    ]);
    const nodes = (await (await server.get('/nodes')).json()) as { peer_id: string; name: string }[];
    expect(nodes.map(({ peer_id }) => peer_id).sort()).toEqual(
      expected.network.nodes.map(({ profile }) => profile.peerId).sort(),
    );
  });
});

describe('filling a database', () => {
  it('stores everything and ends connections when it is stopped', async () => {
    await using database = await TestDatabase.create();
    const stop = new AbortController();
    const sink = await DatabaseSink.open({ url: database.url, settings, signal: stop.signal });
    const generated = await fill(new SimulatedNetwork(options), sink, {
      endAt: Infinity,
      signal: stop.signal,
      onProgress: (_, messages) => messages > 5_000 && stop.abort(),
    });
    await sink.end();
    expect(sink.totals().stored).toBe(generated);
    expect(
      await database.query(
        `SELECT (SELECT count(*)::integer FROM tetcore_logs) AS messages,
                (SELECT count(*)::integer FROM peer_connections WHERE ended_at IS NULL) AS open,
                (SELECT count(*)::integer FROM collectors WHERE stopped_at IS NOT NULL) AS stopped`,
      ),
    ).toEqual([{ messages: generated, open: 0, stopped: 1 }]);
  });

  it('retries after a lost connection, and stores each message once', async () => {
    await using database = await TestDatabase.create();
    await using proxy = await PostgresProxy.start(database.url);
    // Its one connection is made before, and again after each fault.
    const oneWriter = readSettings({ NUM_THREADS: '1' });
    const sink = await DatabaseSink.open({ url: proxy.url, settings: oneWriter });
    const made = proxy.connections;
    const faults: Fault[] = ['cut', 'answer lost'];
    const generated = await fill(new SimulatedNetwork(options), sink, {
      endAt: startAt + DAY_MS / 2,
      onProgress: () => {
        const again = made + 2 - faults.length === proxy.connections;
        const fault = again ? faults.shift() : undefined;
        if (fault !== undefined) proxy.when('COMMIT', fault);
      },
    });
    await sink.end();
    expect(proxy.connections).toBe(made + 2);
    expect(sink.totals()).toMatchObject({ stored: generated, rejected: 0 });
    expect(await database.query('SELECT count(*)::integer FROM tetcore_logs')).toEqual([
      { count: generated },
    ]);
  });

  it('reports a missing database without its password', async () => {
    const url = `postgres://somebody:hunter2@127.0.0.1:${await freePort()}/x`;
    const opening = DatabaseSink.open({ url, settings });
    await expect(opening).rejects.toThrow(UnreachableError);
    await expect(opening).rejects.toThrow(/^Cannot connect to postgres:\/\/127\.0\.0\.1:\d+\/x: /);
  });
});

describe('sockets with changing nodes', () => {
  it('have the same connections in a history as on a server', async () => {
    await using database = TestDatabase.missing();
    const scenario = readScenario({
      nodes: 8,
      audit: 0,
      verbosity: { '0': 1 },
      changingIds: { share: 0.5, everySeconds: 0.2 },
      changingIdentity: { share: 1, everyMinutes: 1 },
    });
    const network: NetworkOptions = { scenario, seed: 5, startAt };
    const sink = await DatabaseSink.open({ url: database.url, settings });
    const generated = await fill(new SimulatedNetwork(network), sink, { endAt: startAt + 5 * 60_000 });
    await sink.end();
    const { stored, dropped } = sink.totals();
    expect(stored + dropped).toBe(generated);
    expect(dropped).toBeGreaterThan(100);
    const count = async (condition: string): Promise<number> =>
      (
        await database.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM peer_connections AS one WHERE ${condition}`,
        )
      )[0]?.n ?? 0;
    expect(await count("end_reason = 'identity_changed'")).toBeGreaterThan(5);
    expect(await count("end_reason = 'id_evicted'")).toBeGreaterThan(60);
    expect(await count('ended_at IS NULL')).toBe(0);
    // The node of each message has greeted on its connection, and no other node has.
    expect(
      await count(
        `EXISTS (SELECT FROM tetcore_logs AS log WHERE log.peer_connection_id = one.id
                    AND log.logs->>'network_id' <> one.peer_id)`,
      ),
    ).toBe(0);
  });
});
