import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerAllNodes } from '../../src/registry/index.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { TestServer } from '../support/test-server.js';
import { rebuildSessionsOf } from './simulated-history.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Midnight (UTC), six days ago. */
const base = Math.floor(Date.now() / DAY_MS - 6) * DAY_MS;
const at = (day: number, hours: number, seconds = 0): string =>
  new Date(base + day * DAY_MS + hours * HOUR_MS + seconds * 1000).toISOString();
const PEER = '12D3KooWPlanted';

interface Planted {
  collector: number;
  began: string;
  lastMessage?: string;
  ended?: string;
  reason?: string;
  startup: string;
  version: string;
}

const FIRST = at(0, -1);
const SECOND = at(4, 1, 3570);
const CONNECTIONS: Planted[] = [
  // The link is lost for an hour, which the server notices a minute late.
  {
    collector: 1,
    began: at(0, 0),
    lastMessage: at(1, 12),
    ended: at(1, 12, 60),
    reason: 'timeout',
    startup: FIRST,
    version: '1.0',
  },
  // The node moves to the other server without an interruption.
  { collector: 1, began: at(1, 13), ended: at(3, 6), startup: FIRST, version: '1.0' },
  { collector: 2, began: at(3, 6, -10), ended: at(4, 0), startup: FIRST, version: '1.0' },
  // Its process is down for two hours, without half a minute.
  { collector: 2, began: at(4, 2), startup: SECOND, version: '1.1' },
];

describe('sessions over days, with two servers', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    database = await TestDatabase.create();
    for (const number of [1, 2]) {
      await database.query(
        `INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
         VALUES ($1, gen_random_uuid(), 'host', '0.3.0', $2, now())`,
        [number, at(0, -1)],
      );
    }
    for (const [index, { collector, began, lastMessage, ended, ...planted }] of CONNECTIONS.entries()) {
      const last = lastMessage ?? ended ?? new Date().toISOString();
      await database.query(
        `INSERT INTO peer_connections (id, collector, ip_addr, created_at, audit, peer_id, name, chain, version, startup_time,
           path, socket_id, revision, first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason)
         VALUES ($1, $2, '10.0.0.1', $3, false, $4, 'planted', 'Planted', $5, $6, '/', gen_random_uuid(), 1, $3, $7, $3, $7, $8, $9)`,
        [
          index + 1,
          collector,
          began,
          PEER,
          planted.version,
          Date.parse(planted.startup),
          last,
          ended ?? null,
          planted.reason ?? (ended === undefined ? null : 'closed'),
        ],
      );
    }
    for (const [collector, began, ended] of [
      // Of the server that the node left: it is no excuse.
      [1, at(4, 0, 1800), at(4, 1)],
      // Of its server: 20 minutes, and one of grace.
      [2, at(4, 1), at(4, 1, 1200)],
    ] as const) {
      await database.query("INSERT INTO observer_gaps VALUES (gen_random_uuid(), $1, 'paused', $2, $3)", [
        collector,
        began,
        ended,
      ]);
    }
    await onDatabase(database.url, registerAllNodes);
    await rebuildSessionsOf(database, base, Date.now());
    server = await TestServer.ready(database.url);
  }, 60_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async <T>(path: string, from: string, to: string): Promise<T> => {
    const query = new URLSearchParams({ start_time: from, end_time: to, resolution: 'day' });
    if (path.startsWith('/nodes')) query.delete('resolution');
    const response = await server.get(`${path}?${query.toString()}`);
    expect(response.status).toBe(200);
    return (await response.json()) as T;
  };
  interface Answer {
    node: Record<'known_seconds' | 'down_seconds' | 'restarts' | 'links_lost' | 'known_share', number>;
    interruptions: { began_at: string; ended_at: string; cause: string }[];
  }
  const availability = (from: string, to: string): Promise<Answer> =>
    get(`/nodes/${PEER}/availability`, from, to);

  const DOWN_S = 7_200 - 30 - 1_260;

  it('have the causes of their ends', async () => {
    expect(
      await database.query(
        `SELECT end_cause AS cause, restarted, beside_another AS beside FROM insight_sessions ORDER BY began_at`,
      ),
    ).toEqual([
      { cause: 'link_lost', restarted: false, beside: false },
      { cause: 'handed_over', restarted: null, beside: false },
      { cause: 'restart', restarted: true, beside: true },
      { cause: null, restarted: null, beside: false },
    ]);
    const { interruptions } = await availability(at(0, 0), at(5, 0));
    const micros = (time: string): string => time.replace('000Z', '000000Z');
    expect(interruptions).toMatchObject([
      { began_at: micros(at(4, 0)), ended_at: micros(at(4, 2)), cause: 'restart' },
      { began_at: micros(at(1, 12)), ended_at: micros(at(1, 13)), cause: 'link_lost' },
    ]);
    // One that began before the range, and one that ends after it.
    expect((await availability(at(1, 12, 1800), at(2, 0))).interruptions).toHaveLength(1);
    expect((await availability(at(3, 0), at(4, 1))).interruptions).toHaveLength(1);
    expect((await availability(at(4, 3), at(4, 4))).interruptions).toEqual([]);
  });

  it('sum up to the same availability, from whole days and from parts of them', async () => {
    for (const [from, to] of [
      [at(0, 0), at(5, 0)],
      [at(0, 7), at(5, 9)],
      [at(3, 12), at(4, 12)],
      [at(4, 0), at(4, 2)],
    ] as const) {
      const { node } = await availability(from, to);
      const expected = (Date.parse(to) - Date.parse(from)) / 1000;
      expect(node.down_seconds, `${from} ${to}`).toBeCloseTo(DOWN_S, 0);
      expect(node.known_seconds, `${from} ${to}`).toBeCloseTo(expected - 1_260, 0);
    }
    const { node } = await availability(at(0, 7), at(3, 9));
    expect(node).toMatchObject({ down_seconds: 0, known_share: 1, restarts: 0, links_lost: 1 });
  });

  it('have the versions of each day', async () => {
    const answer = await get<{ versions: { version: string; counts: number[]; t50_seconds: number }[] }>(
      '/chains/Planted/versions',
      at(0, 0),
      at(5, 0),
    );
    const counts = Object.fromEntries(answer.versions.map((one) => [one.version, one.counts]));
    expect(counts).toEqual({ '1.0': [1, 1, 1, 1, 0], '1.1': [0, 0, 0, 0, 1] });
  });

  it('count begins and ends of days', async () => {
    const wanted = [
      [1, 0, 0, 0],
      [1, 1, 0, 1],
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [1, 1, 1, 0],
    ];
    interface Point {
      begins: number;
      ends: number;
      restarts: number;
      links_lost: number;
    }
    const points = async (from: string): Promise<number[][]> =>
      (await get<{ points: Point[] }>('/chains/Planted/churn', from, at(5, 0))).points.map(
        ({ begins, ends, restarts, links_lost: lost }) => [begins, ends, restarts, lost],
      );
    expect(await points(at(0, 0))).toEqual(wanted);
    // Longer ranges are read from the days of nodes.
    expect((await points(at(-40, 0))).slice(-5)).toEqual(wanted);
  });
});
