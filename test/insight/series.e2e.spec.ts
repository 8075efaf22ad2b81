import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { tempDir } from '../support/temp-dir.js';
import { TestServer } from '../support/test-server.js';
import {
  byHeightOf,
  finalTimes,
  plantedChain,
  type PlantedChain,
  rankOf,
  spreadBlocks,
} from './planted-chain.js';
import { genesisHashOf, rebuildRange, rebuildSessionsOf, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** A whole hour of it is aggregated. */
const hourAt = (Math.floor(Date.now() / HOUR_MS) - 2) * HOUR_MS;
const startAt = hourAt - 5 * MINUTE_MS;
const endAt = hourAt + 70 * MINUTE_MS;
const FROM = startAt + 3 * MINUTE_MS;
const TO = endAt - 5 * MINUTE_MS;

const options: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('history'),
    nodes: 16,
    chains: [
      {
        name: 'Simnet',
        startHeight: 1_853_200,
        skippedSlots: 0.06,
        authors: 0.4,
        forks: { chance: 0.05, blocks: [1, 3] },
        halts: [{ afterMinutes: 20, forMinutes: 3 }],
        finality: { votes: 0, stalls: [{ afterMinutes: 40, forMinutes: 6 }], catchUpBlocks: 30 },
      },
    ],
    software: { polkadot: 1 },
    clocks: { usualMs: 20, skewed: { share: 0.2, ms: [50, 450] }, steps: [] },
    rollouts: [
      { version: '1.19.0-4f2e9a7c31b', afterMinutes: 28, overMinutes: 1, share: 0.5, downSeconds: [1, 2] },
    ],
    wrongClocks: { share: 0 },
    stuck: { share: 0 },
    trailing: { share: 0 },
    crashLoops: { share: 0 },
    restarting: { share: 0 },
    reconnecting: { share: 0 },
    outages: [{ afterMinutes: 60, forMinutes: 2 }],
  }),
  seed: 21,
  startAt,
};

interface Point {
  time: string;
  known_share: number;
  expected: number | null;
  [value: string]: unknown;
}

interface Answer {
  resolution: string;
  known_share: number;
  expected: number;
  points: Point[];
  [value: string]: unknown;
}

describe('the series of a chain whose truth is known', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  /** Nodes at the address that has a label. */
  let labelled: number;
  let truth: PlantedChain;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    await rebuildRange(database, FROM, TO);
    await rebuildSessionsOf(database, startAt, endAt);
    truth = plantedChain(options, endAt, genesisHashOf(options));
    const [of] = await database.query<{ address: string; nodes: number }>(
      `SELECT ip_addr AS address, count(DISTINCT peer_id)::integer AS nodes FROM peer_connections
        WHERE genesis_hash = $1 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 1`,
      [genesisHashOf(options)],
    );
    labelled = of?.nodes ?? 0;
    const folder = await tempDir('labels');
    const labels = join(folder, 'labels.json');
    await writeFile(labels, JSON.stringify({ [`${of?.address ?? ''}/32`]: 'first' }));
    const chains = join(folder, 'chains.json');
    await writeFile(chains, JSON.stringify({ Simnet: { slot_ms: 6_000 } }));
    server = await TestServer.ready(database.url, { LABELS_FILE: labels, INSIGHT_CHAINS_FILE: chains });
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async (what: string, from = FROM, to = TO, more = ''): Promise<Answer> => {
    const range = `start_time=${new Date(from).toISOString()}&end_time=${new Date(to).toISOString()}`;
    const response = await server.get(`/chains/Simnet/${what}?${range}${more}`);
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json()) as Answer;
  };
  const isIn = (at: number, point: Point | undefined, lengthMs = MINUTE_MS): boolean => {
    const from = Date.parse(point?.time ?? '');
    return at >= from && at < from + lengthMs;
  };

  it('say how much of each point is known', async () => {
    const { points, resolution, known_share: share } = await get('finality');
    expect(resolution).toBe('minute');
    expect(points.map(({ time }) => Date.parse(time))).toEqual(
      Array.from({ length: (TO - FROM) / MINUTE_MS }, (_, index) => FROM + index * MINUTE_MS),
    );
    const [outage] = truth.outages;
    // And the minute after it.
    const isUnknown = (at: number): boolean =>
      at >= (outage?.began ?? 0) && at < (outage?.ended ?? 0) + MINUTE_MS;
    expect(points.map(({ known_share: known }) => known)).toEqual(
      points.map(({ time }) => (isUnknown(Date.parse(time)) ? 0 : 1)),
    );
    expect(share).toBeCloseTo(1 - (3 * MINUTE_MS) / (TO - FROM), 4);
  });

  it('count missing slots exactly, and find the halt', async () => {
    const answer = await get('production');
    expect(answer.slot_ms).toBe(6_000);
    const missed = (point: Point, lengthMs?: number): number =>
      truth.missedSlots.filter((at) => isIn(at, point, lengthMs)).length;
    const known = answer.points.filter(({ known_share: share }) => share === 1);
    expect(known.map((point) => [point.time, point.missing_slots])).toEqual(
      known.map((point) => [point.time, missed(point)]),
    );
    const all = known.reduce((sum, point) => sum + missed(point), 0);
    expect(all).toBeGreaterThan(60);
    expect(answer).toMatchObject({ missing_slots: all, lost_time_ms: all * 6_000 });

    const { points } = await get('production', hourAt, hourAt + HOUR_MS, '&resolution=hour');
    const ofHour = known.filter((point) => isIn(Date.parse(point.time), points[0], HOUR_MS));
    expect(points[0]?.missing_slots).toBe(ofHour.reduce((sum, point) => sum + missed(point), 0));

    const [halt] = truth.halts;
    const authored = [...truth.blocks.values()].map(({ authoredAt }) => authoredAt);
    const last = Math.max(...authored.filter((at) => at < (halt?.began ?? 0)));
    const next = Math.min(...authored.filter((at) => at >= (halt?.ended ?? 0)));
    const halts = answer.halts as { began_at: string; ended_at: string }[];
    expect(halts).toHaveLength(1);
    const [found] = halts;
    expect(Math.abs(Date.parse(found?.began_at ?? '') - last)).toBeLessThan(500);
    expect(Math.abs(Date.parse(found?.ended_at ?? '') - next)).toBeLessThan(500);
  });

  it('have the block times of the first arrivals', async () => {
    const [hour] = (await get('production', hourAt, hourAt + HOUR_MS, '&resolution=hour')).points;
    const first = new Map(
      [...byHeightOf(spreadBlocks(truth))].map(([height, blocks]) => [
        height,
        Math.min(...blocks.map(({ firstSeenAt }) => firstSeenAt)),
      ]),
    );
    const took = [...first].flatMap(([height, at]) => {
      const before = first.get(height - 1);
      return before === undefined || at < hourAt || at >= hourAt + HOUR_MS ? [] : [at - before];
    });
    for (const [field, share] of [
      ['block_time_p50_ms', 0.5],
      ['block_time_p95_ms', 0.95],
    ] as const) {
      expect(Math.abs((hour?.[field] as number) - (rankOf(took, share) ?? 0)), field).toBeLessThan(10);
    }
  });

  it('say when heights became final, and how far finality is behind', async () => {
    const finals = finalTimes(truth);
    const firstSeen = new Map(
      spreadBlocks(truth)
        .filter(({ hash }) => !truth.forks.some(({ loser_hashes: lost }) => lost.includes(hash)))
        .map(({ height, firstSeenAt }) => [height, firstSeenAt]),
    );
    const within = (from: number, to: number): number[] =>
      [...finals].flatMap(([height, at]) =>
        at >= from && at < to ? [at - (firstSeen.get(height) ?? NaN)] : [],
      );
    const { points, stalls } = await get('finality');
    let compared = 0;
    for (const point of points) {
      const at = Date.parse(point.time);
      // A height that became final at the edge can be in either minute.
      const isClear = ![...finals.values()].some((time) =>
        [at, at + MINUTE_MS].some((edge) => Math.abs(time - edge) < 30),
      );
      // Of blocks that no node is expected at, because of an outage, finality is that of all nodes.
      const isNearOutage = truth.outages.some(
        ({ began, ended }) => at >= began - 2 * MINUTE_MS && at < ended + 2 * MINUTE_MS,
      );
      if (isNearOutage || !isClear) continue;
      const delays = within(at, at + MINUTE_MS);
      expect([point.time, point.final_heights]).toEqual([point.time, delays.length]);
      if (delays.length === 0) expect(point.time_to_finality_p50_ms).toBeNull();
      for (const [field, share] of [
        ['time_to_finality_p50_ms', 0.5],
        ['time_to_finality_p90_ms', 0.9],
      ] as const) {
        const expected = rankOf(delays, share);
        if (expected !== null)
          expect(Math.abs((point[field] as number) - expected), point.time).toBeLessThan(20);
      }
      compared += 1;
    }
    expect(compared).toBeGreaterThan(40);

    // While finality stalls, it is behind by every block that is made.
    const [stall] = truth.stalls;
    const [found] = stalls as { began_at: string; ended_at: string }[];
    expect(stalls).toHaveLength(1);
    expect(Math.abs(Date.parse(found?.began_at ?? '') - (stall?.began ?? 0))).toBeLessThan(15_000);
    expect(Math.abs(Date.parse(found?.ended_at ?? '') - (stall?.ended ?? 0))).toBeLessThan(15_000);
    const last = points.find((point) => isIn((stall?.ended ?? 0) - MINUTE_MS, point));
    const heights = (until: number): number =>
      Math.max(...[...firstSeen].flatMap(([height, at]) => (at < until ? [height] : [])));
    const final = Math.max(
      ...[...finals].flatMap(([height, at]) => (at < (stall?.began ?? 0) ? [height] : [])),
    );
    expect(last?.lag_p50).toBeGreaterThan(40);
    expect(Math.abs((last?.lag_p50 as number) - (heights(stall?.ended ?? 0) - final))).toBeLessThanOrEqual(3);
    const [hour] = (await get('finality', hourAt, hourAt + HOUR_MS, '&resolution=hour')).points;
    const lags = points.filter(
      ({ time }) => Date.parse(time) >= hourAt && Date.parse(time) < hourAt + HOUR_MS,
    );
    expect(hour?.lag_max).toBe(Math.max(...lags.map(({ lag_p50: lag }) => lag as number)));
    expect(hour?.final_heights).toBe(
      lags.reduce((sum, point) => sum + ((point.final_heights ?? 0) as number), 0),
    );
  });

  it('have propagation by minute, and by hour as exactly as its bins', async () => {
    const blocks = spreadBlocks(truth);
    const delaysIn = (point: Point | undefined, lengthMs?: number): number[] =>
      blocks.flatMap(({ firstSeenAt, delays }) =>
        isIn(firstSeenAt, point, lengthMs) ? [...delays.values()] : [],
      );
    const quantiles = [
      ['p50_ms', 0.5],
      ['p90_ms', 0.9],
      ['p95_ms', 0.95],
    ] as const;
    const { points } = await get('propagation');
    let compared = 0;
    for (const point of points.filter(({ known_share: share }) => share === 1)) {
      for (const [field, share] of quantiles) {
        const expected = rankOf(delaysIn(point), share);
        const found = point[field] as number | null;
        if (expected === null) expect(found, point.time).toBeNull();
        else expect(Math.abs((found ?? NaN) - expected), `${point.time} ${field}`).toBeLessThan(15);
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(150);

    const answer = await get('propagation', hourAt, hourAt + HOUR_MS, '&resolution=hour&bins=true');
    const [hour] = answer.points;
    const delays = delaysIn(hour, HOUR_MS);
    for (const [field, share] of quantiles) {
      const expected = rankOf(delays, share) ?? NaN;
      expect(Math.abs((hour?.[field] as number) - expected), field).toBeLessThan(0.21 * expected);
    }
    const arrived = delays.filter((delay) => delay < Infinity).length;
    expect(hour?.reach).toBeCloseTo(arrived / delays.length, 3);
    expect((hour?.bins as number[]).reduce((sum, count) => sum + count)).toBe(arrived);
  });

  it('compare the nodes of versions and of roles, also of those that were upgraded', async () => {
    const [from, to] = [FROM, FROM + 50 * MINUTE_MS];
    const blocks = spreadBlocks(truth).filter(({ firstSeenAt: at }) => at >= from && at < to);
    for (const by of ['authority', 'implementation'] as const) {
      const { groups } = await get('propagation', from, to, `&group_by=${by}`);
      const found = groups as {
        value: string;
        nodes: number;
        p50_ms: number;
        reach: number;
        bins: number[];
      }[];
      const valueOf = (node: string): string =>
        by === 'authority' ? String(truth.nodes.get(node)?.authority) : 'Parity Polkadot';
      const delays = new Map<string, number[]>();
      const nodes = new Map<string, Set<string>>();
      for (const block of blocks) {
        for (const [node, delay] of block.delays) {
          const value = valueOf(node);
          const all = delays.get(value) ?? [];
          delays.set(value, all);
          all.push(delay);
          nodes.set(value, (nodes.get(value) ?? new Set()).add(node));
        }
      }
      expect(new Map(found.map(({ value, nodes: count }) => [value, count]))).toEqual(
        new Map([...nodes].map(([value, all]) => [value, all.size])),
      );
      for (const { value, p50_ms: p50, reach, bins } of found) {
        const all = delays.get(value) ?? [];
        expect(Math.abs(p50 - (rankOf(all, 0.5) ?? NaN)), value).toBeLessThan(10);
        const arrived = all.filter((delay) => delay < Infinity).length;
        expect(reach).toBeCloseTo(arrived / all.length, 3);
        expect(bins.reduce((sum, count) => sum + count)).toBe(arrived);
      }
    }
    const versions = (await get('propagation', from, to, '&group_by=version')).groups as {
      value: string;
      nodes: number;
    }[];
    // Half of the nodes were the old version first, and then the new one.
    expect(versions.find(({ value }) => value.startsWith('1.19.0'))?.nodes).toBe(8);
    expect(versions.reduce((sum, { nodes }) => sum + nodes, 0)).toBe(24);
    const labels = (await get('propagation', from, to, '&group_by=label')).groups as {
      value: string | null;
      nodes: number;
    }[];
    expect(labels.map(({ value, nodes }) => [value, nodes])).toEqual([
      [null, 16 - labelled],
      ['first', labelled],
    ]);
  });

  it('have clear errors', async () => {
    for (const [path, status] of [
      ['/chains/Unknown/finality', 404],
      [`/chains/0x${'00'.repeat(32)}/production`, 404],
      ['/chains/Simnet/finality?resolution=second', 400],
      ['/chains/Simnet/finality?start_time=2020-01-02&end_time=2020-01-01', 400],
      ['/chains/Simnet/finality?start_time=2020-01-01&end_time=2020-01-09&resolution=minute', 400],
      ['/chains/Simnet/propagation?start_time=2020-01-01&end_time=2020-01-02&group_by=version', 400],
      ['/chains/Simnet/propagation?group_by=name', 400],
    ] as const) {
      expect((await server.get(path)).status, path).toBe(status);
    }
  });
});
