import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadScenario, type NetworkOptions, readScenario } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { rebuildRange, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
const startAt = Math.floor(Date.now() / MINUTE_MS - 40) * MINUTE_MS;
const endAt = startAt + 15 * MINUTE_MS;

const options: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('forks'),
    nodes: 12,
    software: { polkadot: 1 },
    outages: [{ afterMinutes: 13, forMinutes: 1 }],
  }),
  seed: 8,
  startAt,
};

interface Block {
  height: number;
  hash: string;
  siblings: string[];
  first_seen_at: string;
  expected: number;
  reach: number;
  p50_ms: number | null;
  canonical: boolean | null;
  cursor: string;
}

describe('the routes of blocks', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    await rebuildRange(database, startAt + 2 * MINUTE_MS, endAt - 4 * MINUTE_MS);
    server = await TestServer.ready(database.url);
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async <T>(path: string): Promise<T> => {
    const response = await server.get(path);
    expect(response.status, path).toBe(200);
    return (await response.json()) as T;
  };

  it('list the blocks of a time range in pages, newest first', async () => {
    const whole = await get<Block[]>('/chains/Simnet/blocks?limit=1000');
    const stored = await database.query<{ hash: string }>(
      `SELECT '0x' || encode(hash, 'hex') AS hash FROM insight_blocks ORDER BY first_seen_at DESC, insight_blocks.hash DESC`,
    );
    expect(whole.map(({ hash }) => hash)).toEqual(stored.map(({ hash }) => hash));
    const pages: Block[] = [];
    for (let cursor = ''; ;) {
      const page = await get<Block[]>(`/chains/Simnet/blocks?limit=17${cursor}`);
      pages.push(...page);
      if (page.length < 17) break;
      cursor = `&cursor=${page.at(-1)?.cursor ?? ''}`;
    }
    expect(pages).toEqual(whole);
    const [from, to] = [startAt + 5 * MINUTE_MS, startAt + 7 * MINUTE_MS];
    const some = await get<Block[]>(
      `/chains/Simnet/blocks?start_time=${new Date(from).toISOString()}&end_time=${new Date(to).toISOString()}`,
    );
    const isWithin = ({ first_seen_at: at }: Block): boolean => Date.parse(at) >= from && Date.parse(at) < to;
    expect(some.length).toBeGreaterThan(10);
    expect(some).toEqual(whole.filter(isWithin));
  });

  it('get a block by hash or height, with the arrival at each expected node', async () => {
    const blocks = await get<Block[]>('/chains/Simnet/blocks?limit=1000');
    // No node is expected at those of the minute before the outage.
    const lost = blocks.find(({ canonical, expected }) => canonical === false && expected > 0);
    const won = blocks.find(({ height, canonical }) => height === lost?.height && canonical === true);
    expect(lost?.siblings).toContain(won?.hash);
    const path = `/chains/Simnet/blocks/${won?.height.toString() ?? ''}`;
    const detail = await get<Block & { arrivals: { delay_ms: number | null; peer_id: string }[] }>(path);
    const { arrivals, ...block } = detail;
    expect(block).toEqual(won);
    expect(arrivals).toHaveLength(block.expected);
    const delays = arrivals.flatMap(({ delay_ms: delay }) => (delay === null ? [] : [delay]));
    expect(delays).toEqual([...delays].sort((one, other) => one - other));
    expect(delays.length / arrivals.length).toBeCloseTo(block.reach, 3);
    expect(new Set(arrivals.map(({ peer_id: peerId }) => peerId)).size).toBe(arrivals.length);
    expect(await get(`/chains/Simnet/blocks/${won?.hash ?? ''}`)).toEqual(detail);
    expect((await get<Block>(`/chains/Simnet/blocks/${lost?.hash ?? ''}`)).hash).toBe(lost?.hash);
  });

  it('have clear errors', async () => {
    for (const [path, status] of [
      ['/chains/Simnet/blocks/1', 404],
      ['/chains/Simnet/blocks/0x12', 404],
      ['/chains/Simnet/blocks/none', 404],
      ['/chains/Unknown/blocks/1', 404],
      ['/chains/Simnet/blocks?cursor=1', 400],
      ['/chains/Simnet/blocks?limit=0', 400],
      ['/gaps?start_time=yesterday', 400],
    ] as const) {
      expect((await server.get(path)).status, path).toBe(status);
    }
    expect(await get('/chains/Unknown/blocks')).toEqual([]);
  });

  it('list the gaps of the observer', async () => {
    const gaps = await get<{ cause: string; began_at: string; ended_at: string }[]>('/gaps');
    const [gap] = gaps.filter(({ ended_at: end }) => Date.parse(end) <= endAt);
    expect(gap).toMatchObject({
      cause: 'down',
      began_at: new Date(startAt + 13 * MINUTE_MS).toISOString().replace('000Z', '000000Z'),
      ended_at: new Date(startAt + 14 * MINUTE_MS).toISOString().replace('000Z', '000000Z'),
    });
  });
});
