import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { plantedChain, type PlantedChain, type SpreadBlock, spreadBlocks } from './planted-chain.js';
import { genesisHashOf, rebuildRange, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
const startAt = Math.floor(Date.now() / MINUTE_MS - 60) * MINUTE_MS;
const endAt = startAt + 40 * MINUTE_MS;
const FROM = startAt + 3 * MINUTE_MS;
const TO = endAt - 5 * MINUTE_MS;
/** Blocks of before the range are not there. */
const COMPARED_FROM = FROM + 2 * MINUTE_MS;

/** Nodes report their best blocks only, as real ones do. */
const options: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('forks'),
    nodes: 24,
    software: { polkadot: 1 },
    imports: { reported: 'best', synced: 0.1 },
  }),
  seed: 4,
  startAt,
};

interface Branch {
  parent_hash: string | null;
  first_height: number;
  last_height: number;
  hashes: string[];
  nodes: number;
  canonical: boolean | null;
}

interface Forks {
  orphans: number;
  final_heights: number;
  orphan_rate: number;
  complete: boolean;
  forks: { height: number; depth: number; began_at: string; finalized_at: string; branches: Branch[] }[];
  points: { time: string; orphans: number | null; final_heights: number | null }[];
}

describe('the forks of a chain whose truth is known', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  let truth: PlantedChain;
  /** By hash: those that count, because two nodes reported them. */
  let counted: Map<string, SpreadBlock>;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    await rebuildRange(database, FROM, TO);
    truth = plantedChain(options, endAt, genesisHashOf(options));
    counted = new Map(
      spreadBlocks(truth)
        .filter(({ arrivals }) => arrivals.size >= 2)
        .map((block) => [block.hash, block]),
    );
    server = await TestServer.ready(database.url);
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async <T>(path: string): Promise<T> => {
    const response = await server.get(path);
    expect(response.status, await response.clone().text()).toBe(200);
    return (await response.json()) as T;
  };
  const range = (from: number, to: number): string =>
    `start_time=${new Date(from).toISOString()}&end_time=${new Date(to).toISOString()}`;
  const isLost = (hash: string): boolean => truth.forks.some(({ loser_hashes: lost }) => lost.includes(hash));

  it('have the parent of each block, and which one is final, also where no node said so', async () => {
    const stored = await database.query<{
      hash: string;
      parent: string | null;
      canonical: boolean | null;
      inferred: boolean | null;
    }>(
      `SELECT '0x' || encode(hash, 'hex') AS hash, '0x' || encode(parent_hash, 'hex') AS parent, canonical, inferred
         FROM insight_blocks WHERE first_seen_at >= $1 ORDER BY height, insight_blocks.hash`,
      [new Date(COMPARED_FROM)],
    );
    expect(stored.length).toBeGreaterThan(300);
    expect(stored.map(({ hash, parent }) => [hash, parent])).toEqual(
      stored.map(({ hash }) => [hash, truth.blocks.get(hash)?.parent]),
    );
    const final = stored.filter(({ canonical }) => canonical !== null);
    expect(final.length).toBeGreaterThan(stored.length - 10);
    expect(final.filter(({ inferred }) => inferred === true).length).toBeGreaterThan(20);
    expect(final.map(({ hash, canonical }) => [hash, canonical])).toEqual(
      final.map(({ hash }) => [hash, !isLost(hash)]),
    );
  });

  it('list each branch with its height range, and which side won', async () => {
    const to = TO - 2 * MINUTE_MS;
    const answer = await get<Forks>(`/chains/Simnet/forks?${range(COMPARED_FROM, to)}`);
    expect(answer.complete).toBe(true);
    const planted = truth.forks.flatMap(({ height, loser_hashes: losers }) => {
      const lost = losers.filter((hash) => counted.has(hash));
      const winners = [...counted.values()]
        .filter(
          (block) => !isLost(block.hash) && lost.some((hash) => counted.get(hash)?.height === block.height),
        )
        .sort((one, other) => one.height - other.height)
        .map(({ hash }) => hash);
      const times = [...lost, ...winners].map((hash) => counted.get(hash)?.firstSeenAt ?? 0);
      const isWithin = Math.min(...times) >= COMPARED_FROM && Math.max(...times) < to;
      return lost.length > 0 && isWithin ? [{ height, lost, winners }] : [];
    });
    expect(planted.length).toBeGreaterThan(20);
    expect(new Set(planted.map(({ lost }) => lost.length)).size).toBeGreaterThan(2);
    const found = new Map(
      answer.forks.map((fork) => [
        fork.branches
          .flatMap(({ hashes }) => hashes)
          .sort()
          .join(),
        fork,
      ]),
    );
    for (const { lost, winners } of planted) {
      const fork = found.get([...lost, ...winners].sort().join());
      const [winner, loser] = fork?.branches ?? [];
      expect(fork?.branches).toHaveLength(2);
      expect(winner).toMatchObject({ hashes: winners, canonical: true });
      expect(loser).toMatchObject({ hashes: lost, canonical: false });
      expect(fork?.depth).toBe(lost.length);
      expect(winner?.parent_hash).toBe(truth.blocks.get(winners[0] ?? '')?.parent);
      expect(loser?.last_height).toBe(counted.get(lost.at(-1) ?? '')?.height);
      expect(loser?.nodes).toBe(Math.max(...lost.map((hash) => counted.get(hash)?.arrivals.size ?? 0)));
    }
    const [newest] = (await get<Forks>(`/chains/Simnet/forks?${range(COMPARED_FROM, to)}&limit=1`)).forks;
    expect(newest).toEqual(answer.forks[0]);
  });

  it('count the blocks that lost, when their heights become final', async () => {
    const answer = await get<Forks>(`/chains/Simnet/forks?${range(COMPARED_FROM, TO)}`);
    const finalAt = new Map(
      (
        await database.query<{ height: number; at: number }>(
          `SELECT height::float8 AS height, extract(epoch FROM finalized_at)::float8 * 1000 AS at
             FROM insight_blocks WHERE canonical`,
        )
      ).map(({ height, at }) => [height, at]),
    );
    const lost = [...counted.values()].filter(({ hash }) => isLost(hash));
    const inPoint = (time: string): number =>
      lost.filter(({ height, firstSeenAt }) => {
        const at = Math.max(finalAt.get(height) ?? NaN, firstSeenAt);
        return at >= Date.parse(time) && at < Date.parse(time) + MINUTE_MS;
      }).length;
    expect(answer.points.map(({ time, orphans }) => [time, orphans])).toEqual(
      answer.points.map(({ time }) => [time, inPoint(time)]),
    );
    expect(answer.orphans).toBe(answer.points.reduce((sum, { orphans }) => sum + (orphans ?? 0), 0));
    expect(answer.orphans).toBeGreaterThan(20);
    expect(answer.orphan_rate).toBeCloseTo(answer.orphans / answer.final_heights, 4);
    const { points } = await get<Forks>(`/chains/Simnet/forks?${range(COMPARED_FROM, TO)}&resolution=hour`);
    const all = await get<Forks>(`/chains/Simnet/forks?${range(startAt, endAt)}`);
    expect(points.reduce((sum, { orphans }) => sum + (orphans ?? 0), 0)).toBe(all.orphans);
  });

  it('have a matrix of arrivals, in parts that continue each other', async () => {
    interface Matrix {
      expected: number;
      nodes: { peer_id: string }[];
      blocks: { hash: string; canonical: boolean | null }[];
      delays_ms: (number | null)[][];
      next_start_time: string | null;
    }
    const whole = await get<Matrix>(`/chains/Simnet/arrivals?${range(COMPARED_FROM, TO)}&limit=600`);
    expect(whole.next_start_time).toBeNull();
    expect(whole.expected).toBe(24);
    const planted = [...counted.values()]
      .filter(({ firstSeenAt: at }) => at >= COMPARED_FROM && at < TO)
      .sort((one, other) => one.firstSeenAt - other.firstSeenAt);
    expect(new Set(whole.blocks.map(({ hash }) => hash))).toEqual(new Set(planted.map(({ hash }) => hash)));
    for (const [index, { hash }] of whole.blocks.entries()) {
      const delays = counted.get(hash)?.delays;
      for (const [place, { peer_id: peer }] of whole.nodes.entries()) {
        const delay = whole.delays_ms[index]?.[place];
        const real = delays?.get(peer);
        if (real === undefined) expect(delay).toBe(-1);
        else if (real === Infinity) expect(delay).toBeNull();
        else expect(Math.abs((delay ?? NaN) - real)).toBeLessThan(10);
      }
    }
    let from = new Date(COMPARED_FROM).toISOString();
    const blocks: unknown[] = [];
    for (let parts = 0; ; parts += 1) {
      const path = `/chains/Simnet/arrivals?start_time=${from}&end_time=${new Date(TO).toISOString()}&limit=100`;
      const part = await get<Matrix>(path);
      blocks.push(...part.blocks);
      if (part.next_start_time === null) break;
      expect(part.blocks).toHaveLength(100);
      expect(parts).toBeLessThan(5);
      from = part.next_start_time;
    }
    expect(blocks).toEqual(whole.blocks);
    const old = new Date(Date.now() - 31 * 1_440 * MINUTE_MS).toISOString();
    expect((await server.get(`/chains/Simnet/arrivals?start_time=${old}`)).status).toBe(400);
    expect((await server.get('/chains/Unknown/arrivals')).status).toBe(404);
  });
});
