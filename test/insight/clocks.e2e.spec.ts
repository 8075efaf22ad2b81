import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkOptions, readScenario, SimulatedNetwork, TruthLog } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { rebuildRange, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const HOURS = 4;
const FROM = (Math.floor((Date.now() - 10 * MINUTE_MS) / HOUR_MS) - HOURS) * HOUR_MS;
const TO = FROM + HOURS * HOUR_MS;
const startAt = FROM - 12 * MINUTE_MS;
/** Milliseconds in an hour that a clock gains. */
const DRIFT = 24;

const options: NetworkOptions = {
  scenario: readScenario({
    nodes: 14,
    chains: [{ name: 'Simnet', slotSeconds: 20, authors: 0.5, finality: { votes: 0 } }],
    software: { polkadot: 1 },
    verbosity: { '0': 1 },
    reports: { intervalSeconds: 30, transactionsSeconds: 3_600, networkStateSeconds: 3_600 },
    reconnecting: { share: 0.2, everyMinutes: 40, awaySeconds: [10, 120] },
    wrongClocks: { share: 0.15, seconds: [1, 20_000] },
    clocks: {
      usualMs: 20,
      skewed: { share: 0.3, ms: [50, 450] },
      steps: [
        { afterMinutes: 80, share: 0.3, ms: 1_500 },
        { afterMinutes: 200, share: 0.2, ms: -700 },
      ],
    },
    outages: [{ afterMinutes: 150, forMinutes: 4 }],
  }),
  seed: 6,
  startAt,
};

interface PlantedClock {
  /** When it was set, and its offset from then on; the first one is that of its start. */
  at: number;
  offset: number;
}

/** What really happened to the clocks of nodes, by peer id. */
function plantedClocks(): Map<string, PlantedClock[]> {
  const clocks = new Map<string, PlantedClock[]>();
  const log = new TruthLog({
    kinds: ['node', 'clock'],
    endAt: TO,
    write: (line) => {
      const {
        peer_id: peer,
        at,
        clock_offset_ms: offset,
        offset_ms: stepped,
      } = JSON.parse(line) as {
        peer_id: string;
        at: string;
        clock_offset_ms?: number;
        offset_ms?: number;
      };
      const known = clocks.get(peer) ?? [];
      clocks.set(peer, known);
      known.push({ at: Date.parse(at), offset: offset ?? stepped ?? NaN });
    },
  });
  for (const { at } of new SimulatedNetwork({ ...options, observer: log }).events()) if (at >= TO) break;
  return clocks;
}

interface Answer {
  expected: number;
  known_share: number;
  wrong: number;
  distribution: { from_ms: number | null; to_ms: number | null; nodes: number }[];
  nodes: {
    peer_id: string;
    offset_ms: number;
    drift_ms_per_hour: number | null;
    steps: number;
    wrong: boolean;
    hours: { time: string; offset_ms: number; steps: number }[];
  }[];
}

describe('GET /chains/{chain}/clocks', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  const clocks = plantedClocks();
  const [drifting = ''] =
    [...clocks].find(([, known]) => known.length === 1 && Math.abs(known[0]?.offset ?? NaN) < 450) ?? [];

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, TO + 5 * MINUTE_MS);
    for (const table of ['logs_expiring', 'logs_audit']) {
      await database.query(
        `UPDATE ${table} SET created_at = ${table}.created_at + (extract(epoch FROM received_at) - $2::float8) / 3600 * $3 * interval '1 ms'
           FROM peer_connections WHERE peer_connections.id = peer_connection_id AND peer_id = $1`,
        [drifting, FROM / 1000, DRIFT],
      );
    }
    await rebuildRange(database, FROM, TO);
    server = await TestServer.ready(database.url);
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async (query: string): Promise<Answer> => {
    const response = await server.get(`/chains/Simnet/clocks?${query}`);
    expect(response.status, query).toBe(200);
    return (await response.json()) as Answer;
  };
  const range = `start_time=${new Date(FROM).toISOString()}&end_time=${new Date(TO).toISOString()}`;

  it('has the offset of each clock within 20 ms, by hour, also after it was set', async () => {
    const { nodes, expected, known_share: known } = await get(range);
    expect(nodes.map(({ peer_id: peer }) => peer).sort()).toEqual([...clocks.keys()].sort());
    expect(expected).toBe(clocks.size);
    // The servers were away for four minutes, and a minute of grace follows.
    expect(known).toBeCloseTo(1 - 5 / 240, 3);
    for (const { peer_id: peer, hours } of nodes.filter((node) => node.peer_id !== drifting)) {
      expect(hours.length).toBe(HOURS);
      for (const { time, offset_ms: offset } of hours) {
        const end = Date.parse(time) + HOUR_MS;
        const real = clocks.get(peer)?.findLast(({ at }) => at < end)?.offset ?? NaN;
        expect(Math.abs(offset - real), `${peer} at ${time}`).toBeLessThan(20);
      }
    }
  });

  it('counts how often each clock was set, in the hour of the step', async () => {
    const { nodes } = await get(range);
    const steps = [...clocks.values()].map((known) => known.length - 1);
    expect(steps.filter((count) => count > 0).length).toBeGreaterThan(3);
    for (const { peer_id: peer, steps: found, hours } of nodes) {
      const planted = (clocks.get(peer) ?? []).slice(1).map(({ at }) => Math.floor(at / HOUR_MS) * HOUR_MS);
      expect(found, peer).toBe(planted.length);
      expect(
        hours.flatMap(({ time, steps: count }) => new Array<number>(count).fill(Date.parse(time))),
        peer,
      ).toEqual(planted);
    }
  });

  it('finds the clock that drifts, and no other', async () => {
    const { nodes } = await get(range);
    for (const { peer_id: peer, drift_ms_per_hour: drift } of nodes) {
      if (drift === null) continue;
      expect(Math.abs(drift - (peer === drifting ? DRIFT : 0)), peer).toBeLessThan(2);
    }
    expect(nodes.filter(({ drift_ms_per_hour: drift }) => drift !== null).length).toBeGreaterThan(7);
  });

  it('shows wrong clocks first, and all of them by offset', async () => {
    const { nodes, wrong, distribution } = await get(range);
    const real = [...clocks.values()].map((known) => known.at(-1)?.offset ?? NaN);
    expect(wrong).toBe(real.filter((offset) => Math.abs(offset) > 500).length);
    expect(wrong).toBeGreaterThan(2);
    expect(nodes.slice(0, wrong).every((node) => node.wrong)).toBe(true);
    expect(nodes.slice(wrong).some((node) => node.wrong)).toBe(false);
    expect(distribution.reduce((sum, bin) => sum + bin.nodes, 0)).toBe(clocks.size);
    const far = distribution.filter(
      ({ from_ms: from, to_ms: to }) => (from ?? -Infinity) >= 500 || (to ?? Infinity) <= -500,
    );
    expect(far.reduce((sum, bin) => sum + bin.nodes, 0)).toBe(wrong);
    expect((await get(`${range}&limit=2`)).nodes).toEqual(nodes.slice(0, 2));
  });

  it('has clear errors, and nothing of a time without messages', async () => {
    const early = `start_time=${new Date(FROM - 5 * HOUR_MS).toISOString()}&end_time=${new Date(FROM - 4 * HOUR_MS).toISOString()}`;
    expect(await get(early)).toMatchObject({ expected: 0, wrong: 0, nodes: [] });
    for (const [path, status] of [
      ['/chains/Unknown/clocks', 404],
      ['/chains/Simnet/clocks?start_time=2026-01-01&end_time=2025-01-01', 400],
      ['/chains/Simnet/clocks?start_time=2025-01-01&end_time=2025-02-01', 400],
      ['/chains/Simnet/clocks?limit=0', 400],
    ] as const)
      expect((await server.get(path)).status, path).toBe(status);
  });
});
