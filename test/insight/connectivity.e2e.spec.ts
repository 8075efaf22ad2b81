import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { rebuildRange, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FROM = (Math.floor((Date.now() - 20 * MINUTE_MS) / HOUR_MS) - 3) * HOUR_MS;
const TO = FROM + 3 * HOUR_MS + 10 * MINUTE_MS;
const NODES = 12;

const options: NetworkOptions = {
  scenario: readScenario({
    nodes: NODES,
    chains: [{ name: 'Simnet', slotSeconds: 60, authors: 0.5, finality: { votes: 0 } }],
    software: { polkadot: 1 },
    verbosity: { '0': 1 },
    peers: { connected: [36, 40] },
    reports: { intervalSeconds: 20, transactionsSeconds: 3_600, networkStateSeconds: 3_600 },
  }),
  seed: 9,
  startAt: FROM,
};

/** Minutes after the start in which a third of the nodes loses most of its peers. */
const DROP = [100, 120] as const;
/** Of one other node: a minute with many peers. */
const PEAK = 30;

interface Answer {
  resolution: string;
  expected: number;
  points: { time: string; expected: number | null; bands: number[] | null; p50: number | null }[];
}

describe('GET /chains/{chain}/connectivity', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;

  const plant = async (peers: number, from: number, to: number, nodes: string): Promise<void> => {
    for (const table of ['logs_expiring', 'logs_audit'])
      await database.query(
        `UPDATE ${table} SET logs = jsonb_set(logs, '{peers}', to_jsonb($1::integer))
           FROM peer_connections JOIN nodes USING (peer_id)
          WHERE peer_connections.id = peer_connection_id AND nodes.id ${nodes} AND logs ? 'peers'
            AND received_at >= to_timestamp($2::float8 / 1000) AND received_at < to_timestamp($3::float8 / 1000)`,
        [peers, FROM + from * MINUTE_MS, FROM + to * MINUTE_MS],
      );
  };

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, TO + 5 * MINUTE_MS);
    await plant(9, ...DROP, '<= 4');
    await plant(80, PEAK, PEAK + 1, '= 5');
    await rebuildRange(database, FROM, TO);
    server = await TestServer.ready(database.url);
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async (query = ''): Promise<Answer> => {
    const range = `start_time=${new Date(FROM).toISOString()}&end_time=${new Date(TO).toISOString()}`;
    const response = await server.get(`/chains/Simnet/connectivity?${range}${query}`);
    expect(response.status).toBe(200);
    return (await response.json()) as Answer;
  };

  /** The nodes by band, from the first message on. */
  const counts = ({ points }: Answer): { minute: number; bands: number[] }[] =>
    points.map(({ time, bands, expected }) => ({
      minute: (Date.parse(time) - FROM) / MINUTE_MS,
      bands: (bands ?? []).map((share) => Math.round(share * (expected ?? NaN))),
    }));

  it('shows nodes that lose their peers, and recover', async () => {
    const answer = await get();
    expect(answer).toMatchObject({ resolution: 'minute', expected: NODES });
    for (const { minute, bands } of counts(answer).slice(1)) {
      // 9 of 36 to 40 peers; and 36 to 40 of 80, until that is more than two whole hours ago.
      const dropped = minute >= DROP[0] && minute < DROP[1] ? 4 : 0;
      const peaked = minute > PEAK && minute < 180 ? 1 : 0;
      expect((bands[2] ?? 0) + (bands[3] ?? 0), minute.toString()).toBe(dropped);
      expect((bands[4] ?? 0) + (bands[5] ?? 0), minute.toString()).toBe(peaked);
      expect((bands[8] ?? 0) + (bands[9] ?? 0), minute.toString()).toBe(NODES - dropped - peaked);
    }
    const medians = answer.points.slice(1).map(({ p50 }) => p50 ?? NaN);
    expect(Math.min(...medians)).toBeGreaterThan(0.8);
    expect(Math.max(...medians)).toBeLessThanOrEqual(1);
  });

  it('has the mean of minutes in hours', async () => {
    const [minutes, hours] = [await get(), await get('&resolution=hour')];
    expect(hours.points.map(({ time }) => Date.parse(time))).toEqual(
      [0, 1, 2, 3].map((hour) => FROM + hour * HOUR_MS),
    );
    const ofHour = counts(minutes).filter(({ minute }) => minute >= 60 && minute < 120);
    const total = ofHour.reduce((sum, { bands }) => sum + bands.reduce((one, other) => one + other), 0);
    const bands = Array.from(
      { length: 10 },
      (_, band) => ofHour.reduce((sum, one) => sum + (one.bands[band] ?? 0), 0) / total,
    );
    expect(hours.points[1]?.bands?.map((share) => share.toFixed(3))).toEqual(
      bands.map((share) => share.toFixed(3)),
    );
    expect(hours.points[1]?.expected).toBe(NODES);
  });

  it('has null where nothing is known, and clear errors', async () => {
    const early = `start_time=${new Date(FROM - 5 * MINUTE_MS).toISOString()}&end_time=${new Date(FROM).toISOString()}`;
    const response = await server.get(`/chains/Simnet/connectivity?${early}`);
    const { points, expected } = (await response.json()) as Answer;
    expect(expected).toBeNull();
    expect(points).toHaveLength(5);
    expect(points[0]).toMatchObject({ bands: null, p50: null, expected: null, known_share: 1 });
    const long = await server.get('/chains/Simnet/connectivity?start_time=2025-01-01&end_time=2025-01-06');
    expect(((await long.json()) as Answer).resolution).toBe('hour');
    for (const [path, status] of [
      ['/chains/Unknown/connectivity', 404],
      ['/chains/Simnet/connectivity?resolution=second', 400],
      ['/chains/Simnet/connectivity?start_time=2024-01-01&end_time=2025-01-01', 400],
      ['/chains/Simnet/connectivity?start_time=2025-01-01&end_time=2025-01-06&resolution=minute', 400],
    ] as const)
      expect((await server.get(path)).status, path).toBe(status);
  });
});
