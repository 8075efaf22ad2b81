import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NetworkOptions, readScenario, SimulatedNetwork, TruthLog } from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { genesisHashOf, rebuildRange, rebuildSessionsOf, storeHistory } from './simulated-history.js';
import { plantedTruth } from './planted-truth.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const FROM = (Math.floor((Date.now() - 10 * MINUTE_MS) / HOUR_MS) - 1) * HOUR_MS;
const TO = FROM + HOUR_MS;

const options: NetworkOptions = {
  scenario: readScenario({
    nodes: 60,
    chains: [{ name: 'Simnet', slotSeconds: 15, authors: 0.3, finality: { votes: 0 } }],
    software: { polkadot: 1 },
    verbosity: { '0': 1 },
    latency: [{ medianMs: 300, spread: 0.3 }],
    reports: { intervalSeconds: 30, transactionsSeconds: 3_600, networkStateSeconds: 3_600 },
    slowHardware: { share: 0.2, speed: [0.2, 0.3] },
    trailing: { share: 0.1, everyMinutes: 15, minutes: [20, 30], blocks: [12, 20] },
    restarting: { share: 0.1, everyMinutes: 25, downSeconds: [5, 20] },
  }),
  seed: 2,
  startAt: FROM - 5 * MINUTE_MS,
};

interface Scores {
  cpu_hashrate_score: number;
  parallel_cpu_hashrate_score: number;
  memory_memcpy_score: number;
  disk_sequential_write_score: number;
  disk_random_write_score: number;
}

interface PlantedNode {
  authority: boolean;
  speed: number;
  /** Of the last benchmark. */
  hardware: Scores;
  /** Blocks that it was behind, on average over the hour. */
  behind: number;
}

/** What really is different about the nodes, by peer id. */
function plantedNodes(): Map<string, PlantedNode> {
  const nodes = new Map<string, PlantedNode>();
  const take = (line: Record<string, unknown>): void => {
    const peer = line.peer_id as string;
    if (line.kind === 'node') nodes.set(peer, { ...(line as unknown as PlantedNode), behind: 0 });
    const node = nodes.get(peer);
    if (node === undefined) return;
    if (line.kind === 'benchmark') node.hardware = line.hardware as Scores;
    if (line.kind !== 'lag') return;
    const [began, ended] = [line.began, line.ended ?? new Date(TO).toISOString()].map((time) =>
      Date.parse(time as string),
    );
    const overlap = Math.min(ended ?? NaN, TO) - Math.max(began ?? NaN, FROM);
    node.behind += ((line.blocks as number) * Math.max(0, overlap)) / HOUR_MS;
  };
  const log = new TruthLog({
    kinds: ['node', 'benchmark', 'lag'],
    endAt: TO,
    write: (line) => take(JSON.parse(line) as Record<string, unknown>),
  });
  for (const { at } of new SimulatedNetwork({ ...options, observer: log }).events()) if (at >= TO) break;
  log.end();
  return nodes;
}

/** The median delay of blocks at each node, divided by that of all. */
function plantedDelays(): Map<string, number> {
  const delays = new Map<string, number[]>();
  for (const arrivals of plantedTruth(options, TO, genesisHashOf(options)).arrivals.values()) {
    const first = Math.min(...arrivals.map(({ at }) => at));
    if (first < FROM) continue;
    for (const { node, at } of arrivals)
      if (at - first <= MINUTE_MS) delays.set(node, [...(delays.get(node) ?? []), at - first]);
  }
  const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? NaN;
  const all = median([...delays.values()].flat());
  return new Map([...delays].map(([node, values]) => [node, median(values) / all]));
}

interface Difference {
  attribute: string;
  value: string;
  having: number;
  of: number;
  rest_having: number;
  rest_of: number;
  lift: number | null;
  p: number;
  p_corrected: number;
}

interface Differences {
  expected: number;
  nodes: number;
  rest: number;
  peer_ids: string[];
  unknown_peer_ids: string[];
  comparisons: number;
  differences: Difference[];
}

interface Hardware {
  expected: number;
  measured: number;
  passed: number;
  nodes: ({ peer_id: string; failed: string[]; ratio: number; authority: boolean } & Record<
    string,
    unknown
  >)[];
}

/** By the requirements of the Polkadot SDK, as nodes print them. */
const REQUIRED: readonly [name: string, field: keyof Scores, minimum: number][] = [
  ['cpu', 'cpu_hashrate_score', 783],
  ['parallel_cpu', 'parallel_cpu_hashrate_score', 966],
  ['memory', 'memory_memcpy_score', 11_768],
  ['disk_sequential', 'disk_sequential_write_score', 950],
  ['disk_random', 'disk_random_write_score', 420],
];

describe('what is different about nodes', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  const planted = plantedNodes();
  const slow = [...planted].filter(([, { speed }]) => speed < 1).map(([peer]) => peer);

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, TO + 5 * MINUTE_MS);
    // The benchmarks of the first minutes, too.
    await rebuildRange(database, FROM - HOUR_MS, TO);
    await rebuildSessionsOf(database, FROM - HOUR_MS, TO);
    server = await TestServer.ready(database.url);
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const get = async <T>(route: string, query: string): Promise<T> => {
    const range = `start_time=${new Date(FROM).toISOString()}&end_time=${new Date(TO).toISOString()}`;
    const response = await server.get(`/chains/Simnet/${route}?${range}${query}`);
    expect(response.status, query).toBe(200);
    return (await response.json()) as T;
  };

  it('compares the last benchmark of each node with what is required', async () => {
    const { expected, measured, passed, nodes } = await get<Hardware>('hardware', '');
    expect([expected, measured, nodes.length]).toEqual([planted.size, planted.size, planted.size]);
    const real = new Map(
      [...planted].map(([peer, { hardware, authority }]) => [
        peer,
        REQUIRED.filter(
          ([name, field, minimum]) => hardware[field] < minimum && (authority || name !== 'parallel_cpu'),
        ).map(([name]) => name),
      ]),
    );
    expect(new Map(nodes.map(({ peer_id: peer, failed }) => [peer, failed]))).toEqual(
      new Map(nodes.map(({ peer_id: peer }) => [peer, real.get(peer)])),
    );
    for (const node of nodes)
      for (const [name, field] of REQUIRED)
        expect(node[name], node.peer_id).toBe(planted.get(node.peer_id)?.hardware[field]);
    expect(passed).toBe([...real.values()].filter((failed) => failed.length === 0).length);
    expect(slow.length).toBeGreaterThan(5);
    for (const peer of slow) expect(real.get(peer)).toEqual(expect.arrayContaining(['cpu', 'memory']));
    const ratios = nodes.map(({ ratio }) => ratio);
    expect(ratios).toEqual([...ratios].sort((one, other) => one - other));
    expect((await get<Hardware>('hardware', '&limit=3')).nodes).toEqual(nodes.slice(0, 3));
    expect((await get<Hardware>('hardware', '&reference=blake2-1000')).passed).toBeLessThan(passed);
  });

  it('names slow processors as what late nodes have, and others have not', async () => {
    const {
      nodes,
      rest,
      peer_ids: peers,
      comparisons,
      differences,
    } = await get<Differences>('differences', '&condition=late');
    const delays = [...plantedDelays()];
    for (const [peer, ratio] of delays)
      if (ratio > 2.5 || ratio < 1.6) expect(peers.includes(peer), peer).toBe(ratio > 2.5);
    expect(nodes).toBe(peers.length);
    expect(nodes + rest).toBe(planted.size);
    expect(nodes).toBeGreaterThan(5);
    expect(peers).toEqual(expect.arrayContaining(slow));
    const [first] = differences;
    expect(first).toMatchObject({
      attribute: 'hardware_below_reference',
      value: 'cpu',
      of: nodes,
      rest_of: rest,
    });
    expect(first?.having).toBeGreaterThanOrEqual(slow.length);
    expect(first?.lift).toBeGreaterThan(3);
    expect(first?.p).toBeLessThan(0.01);
    expect(first?.p_corrected).toBeLessThan(0.01);
    expect(first?.p_corrected).toBeCloseTo((first?.p ?? NaN) * comparisons, 5);
    const others = differences.filter(({ attribute }) => attribute !== 'hardware_below_reference');
    expect(others.length).toBeGreaterThan(3);
    expect(others.every(({ p_corrected: p }) => p > 0.05)).toBe(true);
  });

  it('does so of nodes that are named, too', async () => {
    const query = slow.map((peer) => `&peer_id=${peer}`).join('');
    const answer = await get<Differences>('differences', `${query}&peer_id=12D3KooWUnknown`);
    expect([...answer.peer_ids].sort()).toEqual([...slow].sort());
    expect(answer.unknown_peer_ids).toEqual(['12D3KooWUnknown']);
    expect(answer.differences[0]).toMatchObject({
      attribute: 'hardware_below_reference',
      value: 'cpu',
      having: slow.length,
    });
    expect((await get<Differences>('differences', `${query}&limit=1`)).differences).toEqual(
      answer.differences.slice(0, 1),
    );
  });

  it('finds nodes that lag behind their chain', async () => {
    const { peer_ids: peers } = await get<Differences>('differences', '&condition=lagging');
    const real = [...planted].filter(([, { behind }]) => behind > 6).map(([peer]) => peer);
    expect(real.length).toBeGreaterThan(1);
    for (const [peer, { behind }] of planted)
      if (behind > 6 || behind < 4)
        expect(peers.includes(peer), `${peer} ${behind.toString()}`).toBe(behind > 6);
  });

  it('finds nodes that are stuck', async () => {
    const { peer_ids: peers } = await get<Differences>('differences', '&condition=stuck');
    const stuck = await database.query<{ peer: string }>(
      `SELECT DISTINCT peer_id AS peer FROM insight_spans JOIN nodes ON nodes.id = node_id
        WHERE kind IN ('stuck', 'finality_stuck') AND began_at < $2 AND (ended_at IS NULL OR ended_at > $1)`,
      [new Date(FROM), new Date(TO)],
    );
    expect(stuck.length).toBeGreaterThan(0);
    expect([...peers].sort()).toEqual(stuck.map(({ peer }) => peer).sort());
  });

  it('has clear errors', async () => {
    for (const query of [
      '',
      '?condition=late&peer_id=a',
      '?condition=slow',
      `?peer_id=${'a&peer_id='.repeat(201)}a`,
    ])
      expect((await server.get(`/chains/Simnet/differences${query}`)).status, query).toBe(400);
    expect((await server.get('/chains/Unknown/differences?condition=late')).status).toBe(404);
    expect((await server.get('/chains/Simnet/hardware?reference=other')).status).toBe(400);
  });
});
