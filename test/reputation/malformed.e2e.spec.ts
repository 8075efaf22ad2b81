import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Json, type JsonObject, toExactJson } from '../../src/simulator/messages/envelope.js';
import type { TestDatabase } from '../support/databases.js';
import { sharedServer } from '../support/shared-server.js';
import { history, listed, type Reporter, type Said, storeReports } from '../support/reports.js';
import type { TestServer } from '../support/test-server.js';

const HOUR_MS = 3_600_000;
const PEERS = ['QmA', 'QmB', 'QmC', 'QmD', '__proto__', 'a "b"'];
const RUNS = 60;

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const field = (value: Json | undefined, name: string): Json | undefined =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

/** The same as the server is to find, in plain words. */
function saidIn(message: Json): Map<string, Said> {
  const peerset = ['state', 'network_state']
    .map((name) => field(field(message, name), 'peerset'))
    .find((found) => found !== undefined);
  const sets = field(peerset, 'sets');
  const nodes = [peerset, ...(Array.isArray(sets) ? (sets as Json[]) : [])].map((set) => field(set, 'nodes'));
  const said = new Map<string, { reputations: bigint[]; connections: boolean[] }>();
  for (const set of nodes.filter(isObject)) {
    for (const [peer, entry] of Object.entries(set)) {
      const of = said.get(peer) ?? { reputations: [], connections: [] };
      said.set(peer, of);
      const [reputation, connected] = [field(entry, 'reputation'), field(entry, 'connected')];
      if (typeof reputation === 'bigint') of.reputations.push(reputation);
      if (typeof connected === 'boolean') of.connections.push(connected);
    }
  }
  return new Map(
    [...said]
      .filter(([, { reputations, connections }]) => reputations.length > 0 && connections.length > 0)
      .map(([peer, { reputations, connections }]) => [
        peer,
        {
          reputation: reputations.reduce((lowest, one) => (one < lowest ? one : lowest)),
          connected: connections.includes(true),
        },
      ]),
  );
}

const rubbish: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(null, true, '5', 'x', 0.5, -1.25, [], [5n], {}, { reputation: 5n }, [[]]),
  fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
);
const mostly = (good: fc.Arbitrary<Json>): fc.Arbitrary<Json> =>
  fc.oneof({ weight: 12, arbitrary: good }, { weight: 1, arbitrary: rubbish });
/** An object with any of its fields left out at times. */
const record = (fields: Record<string, fc.Arbitrary<Json>>): fc.Arbitrary<Json> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.record(fields) },
    { weight: 1, arbitrary: fc.record(fields, { requiredKeys: [] }) as fc.Arbitrary<JsonObject> },
  );
const entry = record({
  reputation: mostly(fc.bigInt({ min: -(2n ** 31n), max: 2n ** 31n - 1n })),
  connected: mostly(fc.boolean()),
});
const nodes = fc
  .array(fc.tuple(fc.constantFrom(...PEERS), mostly(entry)), { maxLength: 8 })
  .map((entries): JsonObject => Object.fromEntries(entries));
const set = record({ nodes: mostly(nodes) });
const peerset = fc.oneof(
  record({ nodes: mostly(nodes) }),
  record({ sets: mostly(fc.array(mostly(set), { maxLength: 3 })) }),
  record({ nodes: mostly(nodes), sets: mostly(fc.array(mostly(set), { maxLength: 2 })) }),
);
const state = record({ peerset: mostly(peerset), peerId: fc.constant('QmSelf') });
const message: fc.Arbitrary<Json> = fc.oneof(
  { weight: 6, arbitrary: record({ state: mostly(state) }) },
  { weight: 1, arbitrary: record({ network_state: mostly(state) }) },
  { weight: 1, arbitrary: record({ state: mostly(state), network_state: mostly(state) }) },
);

interface Report {
  peerId: string;
  connection: number;
  hoursAgo: number;
  said: Json;
}

const report: fc.Arbitrary<Report> = fc.record({
  peerId: fc.constantFrom('QmA', 'QmB', 'QmReporter', 'a "b"'),
  connection: fc.integer({ min: 0, max: 2 }),
  hoursAgo: fc.integer({ min: 0, max: 5_000 }),
  said: message,
});

describe('a malformed network state', () => {
  const shared = sharedServer();
  let database: TestDatabase;
  let server: TestServer;

  beforeEach(async () => {
    ({ database, server } = shared());
    await database.clear();
  });

  it('has its malformed values omitted, and the others returned', async () => {
    const good = '{"reputation":-1,"connected":true}';
    const withSets = (sets: string) => `{"state":{"peerset":{"sets":${sets}}}}`;
    const withNodes = (nodes: string) => `{"state":{"peerset":{"nodes":${nodes}}}}`;
    const values = ['null', '"1"', '1.5', '[]', '[1]', '{}', 'true', '""', '1e-3'];
    const messages: [said: string, peers: string[]][] = [
      ...['{}', '{"state":[]}', '{"state":{}}', '{"state":"{}"}', '{"state":null}'].map(
        (said): [string, string[]] => [said, []],
      ),
      ...values.flatMap((value): [string, string[]][] => [
        [`{"state":${value}}`, []],
        [`{"state":{"peerset":${value}}}`, []],
        [withNodes(value), []],
        [withSets(value), []],
        [withSets(`[${value},{"nodes":${value}},{"nodes":{"QmGood":${good}}}]`), ['QmGood']],
        [withNodes(`{"QmBad":${value},"QmGood":${good}}`), ['QmGood']],
        [withSets(`[{"nodes":{"QmBad":${value}}},{"nodes":{"QmGood":${good},"QmBad":{}}}]`), ['QmGood']],
        [withNodes(`{"QmBad":{"reputation":${value},"connected":true},"QmGood":${good}}`), ['QmGood']],
      ]),
      ...['null', '"true"', '1', '[]', '[true]', '{}', '""'].map((value): [string, string[]] => [
        withNodes(`{"QmBad":{"reputation":1,"connected":${value}},"QmGood":${good}}`),
        ['QmGood'],
      ]),
      ...['{"reputation":1}', '{"connected":true}', '{"reputation":1,"connect":true}'].flatMap(
        (entry): [string, string[]][] => [
          [withNodes(`{"QmBad":${entry},"QmGood":${good}}`), ['QmGood']],
          [withNodes(`{"QmWorse":${entry},"QmGood":${good}}`), ['QmGood']],
          [withSets(`[{"nodes":{"QmGood":${good},"QmWorse":${entry}}},{"nodes":{}}]`), ['QmGood']],
        ],
      ),
      [withNodes(`{"QmGood":{"reputation":-1,"connected":true,"more":[1]}}`), ['QmGood']],
    ];
    const reporters: Reporter[] = messages.map(([said], index) => ({
      peerId: `QmReporter${index.toString()}`,
      reports: [{ age: index, said }],
    }));
    // All that is reported on has connected here.
    await storeReports(database, [
      ...reporters,
      ...['QmGood', 'QmBad', 'QmWorse'].map((peerId) => ({ peerId, reports: [] })),
    ]);
    const expected = messages.map(([said, peers], index) => [
      `QmReporter${index.toString()}`,
      said,
      new Map(peers.map((peer) => [peer, { reputation: -1n, connected: true }])),
    ]);
    for (const path of ['/reputation', '/reputation/logged']) {
      const found = await listed(server, `${path}?limit=10000`);
      expect(
        found.map(({ reporting_peer, peers }, index) => [reporting_peer, messages[index]?.[0], peers]),
      ).toEqual(expected);
    }
    const withGood = messages.filter(([, peers]) => peers.length > 0).length;
    expect(await history(server, 'QmGood')).toHaveLength(withGood);
    for (const peer of ['QmBad', 'QmWorse', 'nodes', '0']) expect(await history(server, peer)).toEqual([]);
  });

  it('gets the same responses as from a reference implementation', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(report, { minLength: 1, maxLength: 12, selector: ({ hoursAgo }) => hoursAgo }),
        fc.constantFrom(1, 24, 500, 10_000),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(...PEERS),
        async (reports, hours, limit, asked) => {
          await database.clear();
          await storeReports(database, reportersOf(reports));
          const newestFirst = [...reports].sort((one, other) => one.hoursAgo - other.hoursAgo);
          const within = newestFirst.filter(({ hoursAgo }) => hoursAgo < hours);
          const latest = within
            .filter((one, index) => within.findIndex(({ peerId }) => peerId === one.peerId) === index)
            .slice(0, limit);
          const seconds = (hours * HOUR_MS) / 1000;
          const query = `max_age_s=${seconds.toString()}&limit=${limit.toString()}`;
          const known = new Set(reports.map(({ peerId }) => peerId));
          for (const [path, isAsked] of [
            ['/reputation', () => true],
            ['/reputation/logged', (peer: string) => known.has(peer)],
          ] as const) {
            const found = await listed(server, `${path}?${query}`);
            expect(found.map(({ reporting_peer, peers }) => [reporting_peer, peers])).toEqual(
              latest.map(({ peerId, said }) => [
                peerId,
                new Map([...saidIn(said)].filter(([peer]) => isAsked(peer))),
              ]),
            );
          }
          const all = within.flatMap(({ peerId, said }) => {
            const of = saidIn(said).get(asked);
            return of === undefined ? [] : [{ reporting_peer: peerId, ...of }];
          });
          const found = await history(server, asked, {
            max_age_s: seconds.toString(),
            limit: limit.toString(),
          });
          expect(found.map(({ ts: _, ...rest }) => rest)).toEqual(all.slice(0, limit));
        },
      ),
      { seed: 20_210_209, numRuns: RUNS },
    );
  });
});

function reportersOf(reports: readonly Report[]): Reporter[] {
  const byConnection = new Map<string, Report[]>();
  for (const one of reports) {
    const key = `${one.peerId} ${one.connection.toString()}`;
    byConnection.set(key, [...(byConnection.get(key) ?? []), one]);
  }
  return [...byConnection.values()].map((some) => ({
    peerId: some[0]?.peerId ?? null,
    audit: some[0]?.connection === 1,
    reports: some.map(({ hoursAgo, said }) => ({
      age: hoursAgo * HOUR_MS + HOUR_MS / 2,
      said: toExactJson(said),
    })),
  }));
}
