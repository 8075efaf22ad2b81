import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadScenario,
  type NetworkOptions,
  readScenario,
  SimulatedNetwork,
  TruthLog,
} from '../../src/simulator/index.js';
import { TestDatabase } from '../support/databases.js';
import { TestServer } from '../support/test-server.js';
import { genesisHashOf, QUIET, rebuildRange, rebuildSessionsOf, storeHistory } from './simulated-history.js';

const MINUTE_MS = 60_000;
const SLOT_MS = 6_000;
const startAt = Math.floor(Date.now() / (60 * MINUTE_MS) - 2) * 60 * MINUTE_MS;
const endAt = startAt + 60 * MINUTE_MS;

/** Each node has at most one kind of trouble at a time, so that the truth of one does not end that of another. */
const options: NetworkOptions = {
  scenario: readScenario({
    ...loadScenario('history'),
    nodes: 24,
    software: { polkadot: 1 },
    chains: [
      {
        name: 'Simnet',
        startHeight: 1_853_200,
        skippedSlots: 0.05,
        halts: [{ afterMinutes: 12, forMinutes: 3 }],
        finality: { votes: 0, stalls: [{ afterMinutes: 25, forMinutes: 6 }] },
      },
    ],
    ...QUIET,
    stuck: { share: 0.4, everyMinutes: 20, minutes: [3, 6] },
    rollouts: [
      { version: '9.9.9-0123456789a', software: 'polkadot', afterMinutes: 52, overMinutes: 6, share: 0.3 },
    ],
  }),
  seed: 4,
  startAt,
};

/** A node that restarts ends its spans with its last message. */
const ROLLOUT_AT = startAt + 52 * MINUTE_MS;

interface TrueSpan {
  kind: 'stuck' | 'halt' | 'stall';
  peer_id?: string;
  height?: number;
  began: string;
  ended: string | null;
}

function trueSpans(): TrueSpan[] {
  const spans: TrueSpan[] = [];
  const log = new TruthLog({
    kinds: ['stuck', 'halt', 'stall'],
    endAt,
    write: (line) => spans.push(JSON.parse(line) as TrueSpan),
  });
  for (const { at } of new SimulatedNetwork({ ...options, observer: log }).events()) if (at >= endAt) break;
  log.end();
  return spans;
}

interface FoundSpan {
  kind: string;
  peerId: string | null;
  height: number;
  began: number;
  ended: number | null;
}

describe('spans', { timeout: 120_000 }, () => {
  let database: TestDatabase;
  let server: TestServer;
  let found: FoundSpan[];
  const truth = trueSpans();

  beforeAll(async () => {
    database = await TestDatabase.create();
    await storeHistory(database, options, endAt);
    await rebuildRange(database, startAt, endAt);
    await rebuildSessionsOf(database, startAt, endAt);
    found = await database.query<FoundSpan>(
      `SELECT kind, peer_id AS "peerId", height::float8 AS height, extract(epoch FROM began_at)::float8 * 1000 AS began,
              extract(epoch FROM ended_at)::float8 * 1000 AS ended
         FROM insight_spans AS span JOIN chains ON chains.id = span.chain_id LEFT JOIN nodes ON nodes.id = node_id
        WHERE chains.key = $1 ORDER BY began_at, peer_id`,
      [genesisHashOf(options)],
    );
    server = await TestServer.ready(database.url, { INSIGHT_AGGREGATION: 'false' });
  }, 120_000);
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const of = (kind: string): FoundSpan[] => found.filter((span) => span.kind === kind);

  it('have the halt of a chain and the stall of its finality, within a block', () => {
    for (const [kind, planted] of [
      ['halt', 'halt'],
      ['finality_stall', 'stall'],
    ] as const) {
      const [real] = truth.filter((span) => span.kind === planted);
      const [span, ...others] = of(kind);
      expect(others, kind).toEqual([]);
      expect(Math.abs((span?.began ?? 0) - Date.parse(real?.began ?? '')), kind).toBeLessThan(4 * SLOT_MS);
      expect(Math.abs((span?.ended ?? 0) - Date.parse(real?.ended ?? '')), kind).toBeLessThan(4 * SLOT_MS);
    }
  });

  it('have each stuck node with its height, within a block', () => {
    const halt = truth.find(({ kind }) => kind === 'halt');
    const real = truth.filter(
      ({ kind, began, ended }) =>
        kind === 'stuck' &&
        ended !== null &&
        Date.parse(ended) < ROLLOUT_AT &&
        // While a chain does not rise, no node is stuck.
        !(began < (halt?.ended ?? '') && ended > (halt?.began ?? '')),
    );
    expect(real.length).toBeGreaterThan(8);
    for (const { peer_id: peerId, height, began, ended } of real) {
      const span = of('stuck').find((one) => one.peerId === peerId && one.height === height);
      expect(span, `${peerId ?? ''} ${began} ${height?.toString() ?? ''}`).toBeDefined();
      expect(Math.abs((span?.began ?? 0) - Date.parse(began))).toBeLessThan(4 * SLOT_MS);
      expect(Math.abs((span?.ended ?? 0) - Date.parse(ended ?? ''))).toBeLessThan(2 * SLOT_MS);
    }
    const peers = new Set(truth.filter(({ kind }) => kind === 'stuck').map(({ peer_id: peerId }) => peerId));
    expect(of('stuck').filter(({ peerId }) => !peers.has(peerId ?? ''))).toEqual([]);
  });

  it('have a stuck node as behind, too, until it has caught up', () => {
    for (const stuck of of('stuck')) {
      const behind = of('behind').filter(({ peerId }) => peerId === stuck.peerId);
      expect(
        behind.some(({ began, ended }) => began < (stuck.ended ?? 0) && (ended ?? Infinity) > stuck.began),
      ).toBe(true);
    }
    expect(
      of('behind').filter(({ peerId }) => !of('stuck').some((stuck) => stuck.peerId === peerId)),
    ).toEqual([]);
  });

  interface Event {
    at: string;
    ended_at: string | null;
    kind: string;
    peer_id: string | null;
    height: number | null;
    hash: string | null;
    version: string | null;
    previous_version: string | null;
    cursor: string;
  }

  const get = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
    const range = { start_time: new Date(startAt).toISOString(), end_time: new Date(endAt).toISOString() };
    const query = new URLSearchParams({ ...range, ...parameters }).toString();
    const response = await server.get(`/chains/Simnet/${path}?${query}`);
    expect(response.status, path).toBe(200);
    return (await response.json()) as T;
  };

  it('are answered by node and kind', async () => {
    const answer = await get<{
      expected: number;
      known_share: number;
      spans: { peer_id: string; height: number }[];
    }>('stuck', { kind: 'stuck' });
    expect(answer).toMatchObject({ expected: 24, known_share: 1 });
    const key = ({ peer_id: peer, height }: { peer_id: string; height: number }): string =>
      `${peer} ${height.toString()}`;
    const wanted = of('stuck').map(({ peerId, height }) => key({ peer_id: peerId ?? '', height }));
    expect(answer.spans.map(key).sort()).toEqual(wanted.sort());
    const [first] = answer.spans;
    const one = await get<typeof answer>('stuck', { kind: 'stuck', peer_id: first?.peer_id ?? '' });
    expect(one.spans).toEqual(answer.spans.filter(({ peer_id: peer }) => peer === first?.peer_id));
  });

  it('are events of their chain, with those of nodes, in pages', async () => {
    const { events } = await get<{ events: Event[] }>('events', { limit: '5000' });
    const kinds = new Set(events.map(({ kind }) => kind));
    for (const kind of [
      'behind',
      'finality_stall',
      'halt',
      'node_began',
      'node_ended',
      'stuck',
      'version_changed',
    ])
      expect(kinds, kind).toContain(kind);
    expect(events.map(({ at }) => at)).toEqual(
      events
        .map(({ at }) => at)
        .sort()
        .reverse(),
    );
    const pages: Event[] = [];
    for (let cursor: string | undefined; ;) {
      const page: { events: Event[] } = await get('events', { limit: '7', ...(cursor && { cursor }) });
      pages.push(...page.events);
      cursor = page.events.at(-1)?.cursor;
      if (page.events.length < 7) break;
    }
    expect(pages).toEqual(events);

    const changed = events.filter(({ kind }) => kind === 'version_changed');
    expect(changed.length).toBeGreaterThan(2);
    expect(
      changed.every(
        ({ version, previous_version: before }) => version === '9.9.9-0123456789a' && before !== version,
      ),
    ).toBe(true);
    const peer = changed[0]?.peer_id ?? '';
    const own = await get<{ events: Event[] }>('events', {
      peer_id: peer,
      kind: 'version_changed,node_began',
    });
    expect(own.events).toEqual(
      events.filter(
        (event) => event.peer_id === peer && ['version_changed', 'node_began'].includes(event.kind),
      ),
    );
    expect((await get<{ events: Event[] }>('events', { peer_id: 'unknown' })).events).toEqual([]);
    expect((await server.get('/chains/Simnet/events?cursor=1-none/0')).status).toBe(400);
    expect((await server.get('/chains/Simnet/events?kind=none')).status).toBe(400);
  });
});
