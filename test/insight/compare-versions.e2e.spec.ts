import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { type PlantedHour, plantUpgrades, type PlantedUpgrade } from './planted-upgrades.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const NOW = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
/** The median of 100 delays of which so many are in a bin, and the others infinite. Bounds are those of docs/schema.md. */
const delayOf = ({ delayBin, arrived }: PlantedHour): number =>
  10 * 6_000 ** ((delayBin + 50 / arrived) / 24);

const [OLD, NEW] = ['1.18.0-4f2e9a7c31b', '1.19.0-85e3b3b2e1c'];
const WORSE = 12;
const FEW = 9;
/** Five minutes, of which the hour is left out. */
const GAP_AT = NOW - 6 * DAY_MS + 10 * MINUTE_MS;

/** When nodes upgrade: one after the other, never at a full hour. */
const upgradeAt = (node: number): number => NOW - 5 * DAY_MS + node * HOUR_MS + 17 * MINUTE_MS;

/** Machines differ by more than versions do. */
const usual = (node: number): PlantedHour => ({
  delayBin: 4 + (node % 6),
  arrived: 99,
  lag: 2,
  behind: 0,
  peers: 30 + node,
  download: 1_000 * (node + 1),
});
const worse = (node: number): PlantedHour => ({
  ...usual(node),
  delayBin: usual(node).delayBin + 2,
  arrived: 96,
  lag: 3,
  download: usual(node).download + 500,
});
/** What must not count: it is so large that it would show. */
const absurd: PlantedHour = {
  delayBin: 23,
  arrived: 10,
  lag: 5_000,
  behind: 90_000,
  peers: 900,
  download: 1e9,
};

/** Nodes that get worse with the upgrade, and restart twice a day after it. Around it, and in the gap, all is absurd. */
const worseNodes = Array.from({ length: WORSE }, (_, node): PlantedUpgrade => {
  const at = upgradeAt(node);
  // The fourth node had another version until two days before; the fifth one gets another one two days after. The sixth
  // one was away for ten hours.
  const enteredAt = node === 3 ? at - 2 * DAY_MS : -Infinity;
  const leftAt = node === 4 ? at + 2 * DAY_MS : Infinity;
  const goneAt = node === 5 ? at - 10 * HOUR_MS : at - MINUTE_MS;
  const isAbsurd = (hour: number): boolean =>
    (hour + HOUR_MS > goneAt - HOUR_MS && hour < at + HOUR_MS) ||
    hour < Math.max(goneAt - 3 * DAY_MS, enteredAt + HOUR_MS) ||
    hour + HOUR_MS > Math.min(at + 3 * DAY_MS, leftAt - HOUR_MS) ||
    (hour <= GAP_AT && hour + HOUR_MS > GAP_AT);
  const sessions = [{ from: NOW - 9 * DAY_MS, to: goneAt, version: OLD }];
  if (node === 3) sessions.unshift({ from: NOW - 19 * DAY_MS, to: enteredAt - MINUTE_MS, version: '1.17.0' });
  if (node === 3) Object.assign(sessions[1] ?? {}, { from: enteredAt });
  for (let from = at; from < NOW; from += DAY_MS / 2) {
    const to = Math.min(from + DAY_MS / 2, NOW) - 1_000;
    sessions.push({ from, to, version: from < leftAt ? NEW : '1.20.0' });
  }
  return {
    peerId: `worse-${node.toString().padStart(2, '0')}`,
    sessions,
    hourAt: (hour) => (isAbsurd(hour) ? absurd : hour < at ? usual(node) : worse(node)),
  };
});

/** With a version that begins like the old one, and one that has upgraded just now. */
const others = [
  { peerId: 'other-version', before: '1.18.00-4f2e9a7c31b', at: NOW - 5 * DAY_MS },
  { peerId: 'just-upgraded', before: OLD, at: NOW - 8 * HOUR_MS },
].map(({ peerId, before, at }): PlantedUpgrade => ({
  peerId,
  sessions: [
    { from: NOW - 9 * DAY_MS, to: at - 1_000, version: before },
    { from: at, to: NOW, version: NEW },
  ],
  hourAt: () => absurd,
}));

const fewNodes = Array.from({ length: FEW }, (_, node): PlantedUpgrade => ({
  peerId: `few-${node.toString()}`,
  sessions: [
    { from: NOW - 9 * DAY_MS, to: upgradeAt(node) - 1_000, version: '2.0.0-aaaa' },
    { from: upgradeAt(node), to: NOW, version: '2.1.0-bbbb' },
  ],
  hourAt: (hour) => (hour < upgradeAt(node) ? usual(node) : worse(node)),
}));

interface Measure {
  name: string;
  unit: string;
  pairs: number;
  before: number | null;
  after: number | null;
  difference: number | null;
  low: number | null;
  high: number | null;
  worse: boolean | null;
}
type Values = Record<string, number | null>;
interface Comparison {
  from: string;
  to: string;
  upgrades: number;
  pairs: number;
  measures: Measure[];
  nodes: {
    peer_id: string;
    from_version: string;
    to_version: string;
    upgraded_at: string;
    before: Values;
    after: Values;
  }[];
}

describe('GET /chains/{chain}/versions?compare', { timeout: 60_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await plantUpgrades(database, {
      from: NOW - 9 * DAY_MS,
      to: NOW,
      nodes: [...worseNodes, ...others, ...fewNodes],
      gap: { from: GAP_AT, to: GAP_AT + 5 * MINUTE_MS },
    });
    server = await TestServer.ready(database.url);
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const compare = async (versions: string, more: Record<string, string> = {}): Promise<Comparison> => {
    const query = { start_time: new Date(NOW - 7 * DAY_MS).toISOString(), resolution: 'hour', ...more };
    const response = await server.get(
      `/chains/Planted/versions?${new URLSearchParams({ ...query, compare: versions }).toString()}`,
    );
    expect(response.status).toBe(200);
    return ((await response.json()) as { compare: Comparison }).compare;
  };
  const measureOf = ({ measures }: Comparison, name: string): Measure | undefined =>
    measures.find((measure) => measure.name === name);

  it('finds by how much each node got worse after its own upgrade', async () => {
    const answer = await compare('1.18.0,1.19.0');
    // One of them upgraded too late to be compared.
    expect(answer).toMatchObject({ from: '1.18.0', to: '1.19.0', upgrades: WORSE + 1, pairs: WORSE });
    const differences = worseNodes
      .map((_, node) => delayOf(worse(node)) - delayOf(usual(node)))
      .sort((one, other) => one - other);
    const [least = NaN, most = NaN] = [differences[0], differences.at(-1)];
    const median = ((differences[5] ?? NaN) + (differences[6] ?? NaN)) / 2;
    const delay = measureOf(answer, 'propagation_delay');
    expect(delay).toMatchObject({ unit: 'ms', pairs: WORSE, worse: true });
    expect(delay?.difference).toBeCloseTo(median, 1);
    expect(delay?.before).toBeCloseTo((delayOf(usual(2)) + delayOf(usual(3))) / 2, 1);
    expect(delay?.low).toBeGreaterThanOrEqual(least - 0.1);
    expect(delay?.low).toBeLessThan(median);
    expect(delay?.high).toBeGreaterThan(median);
    expect(delay?.high).toBeLessThanOrEqual(most + 0.1);
    const exact = (before: number, after: number): object => {
      const difference = Number((after - before).toFixed(4));
      return { pairs: WORSE, before, after, difference, low: difference, high: difference, worse: true };
    };
    expect(measureOf(answer, 'reach')).toMatchObject(exact(0.99, 0.96));
    expect(measureOf(answer, 'finality_lag')).toMatchObject(exact(2, 3));
    expect(measureOf(answer, 'download')).toMatchObject({
      difference: 500,
      low: 500,
      high: 500,
      worse: true,
    });
    // Six restarts in 71 hours; of the fifth node three in 46 hours.
    expect(measureOf(answer, 'restarts')?.before).toBe(0);
    const restarts = (11 * 6 * 24) / 71 / 12 + (3 * 24) / 46 / 12;
    expect(measureOf(answer, 'restarts')?.difference).toBeCloseTo(restarts, 2);
    expect(measureOf(answer, 'restarts')?.worse).toBe(true);
  });

  it('finds no difference where there is none, and has no value where nothing is reported', async () => {
    const answer = await compare('1.18.0,1.19.0');
    const same = { pairs: WORSE, difference: 0, low: 0, high: 0, worse: false };
    expect(measureOf(answer, 'peers')).toMatchObject({ before: 1, after: 1, ...same });
    expect(measureOf(answer, 'blocks_behind')).toMatchObject({ before: 0, after: 0, ...same });
    expect(measureOf(answer, 'upload')).toMatchObject({ pairs: 0, difference: null, worse: null });
    expect(await compare('1.18.0,1.19.0')).toEqual(answer);
  });

  it('lists the nodes with their own values, those that got slower most first, up to the limit', async () => {
    const answer = await compare('1.18.0,1.19.0');
    expect(answer.nodes).toHaveLength(WORSE);
    const slower = answer.nodes.map(
      ({ before, after }) => (after.propagation_delay ?? NaN) - (before.propagation_delay ?? NaN),
    );
    expect(slower).toEqual(slower.toSorted((one, other) => other - one));
    for (const { peer_id: peerId, upgraded_at: at, before, after, ...versions } of answer.nodes) {
      const node = Number(peerId.slice(-2));
      expect(versions).toMatchObject({ from_version: OLD, to_version: NEW });
      expect(Date.parse(at)).toBe(upgradeAt(node));
      expect(before.propagation_delay).toBeCloseTo(delayOf(usual(node)), 1);
      expect(after.propagation_delay).toBeCloseTo(delayOf(worse(node)), 1);
      expect(before).toMatchObject({ restarts: 0, download: usual(node).download, upload: null });
      expect(after.download).toBe(worse(node).download);
    }
    const some = await compare('1.18.0,1.19.0', { limit: '5' });
    expect(some.nodes).toEqual(answer.nodes.slice(0, 5));
    expect(some.measures).toEqual(answer.measures);
  });

  it('has no values of less than ten nodes', async () => {
    const answer = await compare('2.0,2.1.0-bbbb');
    expect(answer).toMatchObject({ upgrades: FEW, pairs: FEW });
    expect(answer.nodes).toHaveLength(FEW);
    const nothing = { before: null, after: null, difference: null, low: null, high: null, worse: null };
    expect(measureOf(answer, 'propagation_delay')).toMatchObject({ pairs: FEW, ...nothing });
    expect(answer.measures.every(({ worse: isWorse }) => isWorse === null)).toBe(true);
    const none = await compare('1.19.0,1.18.0');
    expect(none).toMatchObject({ upgrades: 0, pairs: 0, nodes: [] });
    // Only upgrades in the time range count.
    const late = await compare('1.18.0,1.19.0', { start_time: new Date(NOW - DAY_MS).toISOString() });
    expect(late).toMatchObject({ upgrades: 1, pairs: 0 });
  });

  it('is null without the parameter, and a clear error if it has not two different versions', async () => {
    const response = await server.get('/chains/Planted/versions');
    expect(((await response.json()) as { compare: unknown }).compare).toBeNull();
    for (const versions of ['', '1.18.0', '1.18.0,', 'a,b,c', '1.18.0,1.18.0', '1.18,1.18.0-4f2e9a7c31b']) {
      const refused = await server.get(`/chains/Planted/versions?compare=${encodeURIComponent(versions)}`);
      expect(refused.status, versions).toBe(400);
      const { errors } = (await refused.json()) as { errors: { parameter: string }[] };
      expect(errors.map(({ parameter }) => parameter)).toEqual(['compare']);
    }
  });
});
