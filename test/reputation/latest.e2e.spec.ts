import { beforeEach, describe, expect, it } from 'vitest';
import type { EndReason } from '../../src/storage/index.js';
import type { TestDatabase } from '../support/databases.js';
import { sharedServer } from '../support/shared-server.js';
import { FakeNode } from '../support/fake-node.js';
import { kusamaMessages } from '../support/real-messages.js';
import { listed, oneSet, severalSets, storeReports } from '../support/reports.js';
import type { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_S = 365 * 24 * 3600;

const said = (reputation: bigint | number, connected: boolean) => ({
  reputation: BigInt(reputation),
  connected,
});

describe('GET /reputation', () => {
  const shared = sharedServer();
  let database: TestDatabase;
  let server: TestServer;

  beforeEach(async () => {
    ({ database, server } = shared());
    await database.clear();
  });

  const reporters = async (path: string): Promise<string[]> =>
    (await listed(server, path)).map(({ reporting_peer }) => reporting_peer);

  it('is empty without reports', async () => {
    for (const path of ['/reputation', '/reputation/', '/reputation/logged', '/reputation/logged/']) {
      expect(await (await server.get(path)).text()).toBe('[]');
    }
  });

  it('returns a real network state in either envelope as soon as it is stored', async () => {
    const real = kusamaMessages().find(({ msg }) => msg === 'system.network_state') as {
      msg: string;
      state: { peerset: { nodes: Record<string, { connected: boolean; reputation: number }> } };
    };
    const { nodes } = real.state.peerset;
    const flat = await FakeNode.connect(server.ws);
    await flat.sendConnected({ network_id: 'QmFlat' });
    await flat.sendV1({ ...real });
    const nested = await FakeNode.connect(`${server.ws}/audit`);
    await nested.sendConnected({ network_id: 'QmNested' }, 1);
    await nested.sendV2(1, {
      ...real,
      state: { ...real.state, peerset: { sets: [{ nodes }, { nodes: {} }] } },
    });
    await waitUntil(async () => (await reporters('/reputation')).length === 2, { what: 'both reports' });
    const expected = Object.entries(nodes).map(([peer, { reputation, connected }]) => [
      peer,
      said(reputation, connected),
    ]);
    expect(expected.length).toBeGreaterThan(1_000);
    for (const { reporting_peer, ts, peers } of await listed(server, '/reputation')) {
      expect(['QmFlat', 'QmNested']).toContain(reporting_peer);
      expect(ts).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      expect(peers).toEqual(new Map(expected as [string, ReturnType<typeof said>][]));
    }
    const withSlash = await (await server.get('/reputation/')).text();
    expect(withSlash).toBe(await (await server.get('/reputation')).text());
    await Promise.all([flat.close(), nested.close()]);
  });

  it('returns a peer of several sets once: with its lowest reputation, connected if it is in any', async () => {
    await storeReports(database, [
      {
        peerId: 'QmA',
        reports: [
          {
            age: 0,
            said: severalSets(
              { QmOne: { reputation: 9, connected: false }, QmTwo: { reputation: -5, connected: true } },
              { QmOne: { reputation: -10, connected: true }, QmThree: { reputation: 0, connected: false } },
              { QmOne: { reputation: 5, connected: false } },
            ),
          },
        ],
      },
    ]);
    const [report] = await listed(server, '/reputation');
    expect(report?.peers).toEqual(
      new Map([
        ['QmOne', said(-10, true)],
        ['QmTwo', said(-5, true)],
        ['QmThree', said(0, false)],
      ]),
    );
  });

  it('reads the network states of very old nodes, and both shapes at once', async () => {
    const nodes = { QmOne: { reputation: 1, connected: true } };
    await storeReports(database, [
      { peerId: 'QmOld', reports: [{ age: 0, said: { network_state: { peerset: { nodes } } } }] },
      {
        peerId: 'QmBoth',
        reports: [
          {
            age: 10,
            said: {
              network_state: 'none',
              state: {
                peerset: { nodes, sets: [{ nodes: { QmOne: { reputation: -1, connected: false } } }] },
              },
            },
          },
        ],
      },
    ]);
    const [old, both] = await listed(server, '/reputation');
    expect([old?.reporting_peer, old?.peers]).toEqual(['QmOld', new Map([['QmOne', said(1, true)]])]);
    expect([both?.reporting_peer, both?.peers]).toEqual(['QmBoth', new Map([['QmOne', said(-1, true)]])]);
  });

  it('keeps every digit of a reputation, and every character of a peer id', async () => {
    const huge = `-${'9'.repeat(60)}`;
    const ids = ['__proto__', 'a "quoted" \\ one', '😀', 'ü', '', '[1,2]'];
    const entries = [`"QmHuge":{"connected":true,"reputation":${huge}}`].concat(
      ids.map((id) => `${JSON.stringify(id)}:{"reputation":9007199254740993,"connected":false}`),
    );
    const json = `{${entries.join(',')}}`;
    await storeReports(database, [
      { peerId: 'QmA "B"', reports: [{ age: 0, said: `{"state":{"peerset":{"nodes":${json}}}}` }] },
      {
        peerId: 'QmSets',
        reports: [{ age: 9, said: `{"state":{"peerset":{"sets":[{"nodes":${json}},{"nodes":{}}]}}}` }],
      },
    ]);
    const expected = new Map([
      ['QmHuge', said(BigInt(huge), true)],
      ...ids.map((id): [string, ReturnType<typeof said>] => [id, said(9007199254740993n, false)]),
    ]);
    const reports = await listed(server, '/reputation');
    expect(reports.map(({ reporting_peer }) => reporting_peer)).toEqual(['QmA "B"', 'QmSets']);
    for (const { peers } of reports) expect(peers).toEqual(expected);
  });

  it('returns the newest report of each node from any connection, newest first, up to the limit', async () => {
    const one = (reputation: number) => oneSet({ QmOne: { reputation, connected: true } });
    await storeReports(database, [
      { peerId: 'QmA', reports: [30_000, 20_000].map((age) => ({ age, said: one(-age) })) },
      { peerId: 'QmA', audit: true, reports: [40_000, 10_000].map((age) => ({ age, said: one(-age) })) },
      { peerId: 'QmB', audit: true, reports: [{ age: 5_000, said: one(-5_000) }] },
      { peerId: 'QmC', reports: [{ age: 15_000, said: one(-15_000) }] },
      { peerId: null, reports: [{ age: 1_000, said: one(-1_000) }] },
      { peerId: 'QmSilent', reports: [] },
    ]);
    const found = await listed(server, '/reputation');
    expect(found.map(({ reporting_peer, peers }) => [reporting_peer, peers.get('QmOne')])).toEqual([
      ['QmB', said(-5_000, true)],
      ['QmA', said(-10_000, true)],
      ['QmC', said(-15_000, true)],
    ]);
    expect(await reporters('/reputation?limit=2')).toEqual(['QmB', 'QmA']);
    expect(await reporters('/reputation?limit=10000')).toEqual(['QmB', 'QmA', 'QmC']);
    expect(await reporters('/reputation/logged?limit=1')).toEqual(['QmB']);
  });

  it('returns reports of the last minute, or of the requested age', async () => {
    const report = oneSet({ QmOne: { reputation: 1, connected: true } });
    const now = Date.now();
    const ended = (age: number, reason: EndReason = 'closed') => ({
      endedAt: now - age,
      endReason: reason,
      endCode: 1000,
    });
    await storeReports(
      database,
      [
        { peerId: 'QmAhead', reports: [{ age: -HOUR_MS, said: report }] },
        { peerId: 'QmNow', reports: [{ age: 1_000, said: report }] },
        { peerId: 'QmMinutes', reports: [{ age: 90_000, said: report }] },
        { peerId: 'QmEnded', reports: [{ age: HOUR_MS, said: report }], given: ended(HOUR_MS - 500) },
        {
          peerId: 'QmLost',
          reports: [{ age: 2 * HOUR_MS, said: report }],
          given: {
            ...ended(DAY_MS, 'collector_lost'),
            newestCreatedAt: now - DAY_MS,
            oldestCreatedAt: now - DAY_MS,
          },
        },
        { peerId: 'QmDays', audit: true, reports: [{ age: 5 * DAY_MS, said: report }] },
      ],
      now,
    );
    const expected: [query: string, peers: string[]][] = [
      ['', ['QmAhead', 'QmNow']],
      ['?max_age_s=0', ['QmAhead']],
      ['?max_age_s=60', ['QmAhead', 'QmNow']],
      ['?max_age_s=600', ['QmAhead', 'QmNow', 'QmMinutes']],
      ['?max_age_s=4000', ['QmAhead', 'QmNow', 'QmMinutes', 'QmEnded']],
      [`?max_age_s=${DAY_MS / 1000}`, ['QmAhead', 'QmNow', 'QmMinutes', 'QmEnded', 'QmLost']],
      [`?max_age_s=${100 * YEAR_S}`, ['QmAhead', 'QmNow', 'QmMinutes', 'QmEnded', 'QmLost', 'QmDays']],
    ];
    for (const [query, peers] of expected) {
      expect([query, await reporters(`/reputation${query}`)]).toEqual([query, peers]);
      expect([query, await reporters(`/reputation/logged/${query}`)]).toEqual([query, peers]);
    }
  });

  it('returns at /reputation/logged only peers that have connected to this server, however many there are', async () => {
    const nodes = {
      QmA: { reputation: -1, connected: false },
      QmGone: { reputation: -2, connected: true },
      QmStranger: { reputation: -3, connected: true },
    };
    await storeReports(database, [
      { peerId: 'QmA', reports: [{ age: 10, said: oneSet(nodes) }] },
      { peerId: 'QmB', reports: [{ age: 20, said: severalSets(nodes, nodes) }] },
      { peerId: 'QmC', reports: [{ age: 30, said: oneSet({ QmStranger: nodes.QmStranger }) }] },
      { peerId: 'QmGone', reports: [], given: { endedAt: Date.now() - 5 * DAY_MS, endReason: 'closed' } },
    ]);
    const known = new Map([
      ['QmA', said(-1, false)],
      ['QmGone', said(-2, true)],
    ]);
    const expected = [
      ['QmA', known],
      ['QmB', known],
      ['QmC', new Map()],
    ];
    const answered = async () =>
      (await listed(server, '/reputation/logged')).map(({ reporting_peer, peers }) => [
        reporting_peer,
        peers,
      ]);
    expect(await answered()).toEqual(expected);
    expect((await listed(server, '/reputation'))[0]?.peers.size).toBe(3);
    await database.query(
      `INSERT INTO peer_connections (id, collector, ip_addr, peer_id, created_at, audit, path, socket_id, revision,
         first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason)
       SELECT n, 1, '192.0.2.1', 'QmMany' || n, at, false, '/', gen_random_uuid(), 1,
              at, at, at, at, at, 'closed'
         FROM generate_series(1, 50001) AS n, (SELECT now() - interval '9 days' AS at) AS time`,
    );
    expect(await answered()).toEqual(expected);
  });

  it('accepts documented parameters only', async () => {
    const wrong: [path: string, parameter: string][] = [
      ['/reputation?limit=0', 'limit'],
      ['/reputation?limit=1000001', 'limit'],
      ['/reputation?limit=', 'limit'],
      ['/reputation/?limit=1&limit=2', 'limit'],
      ['/reputation?max_age_s=-1', 'max_age_s'],
      ['/reputation?max_age_s=1.5', 'max_age_s'],
      ['/reputation?max_age_s=3155760001', 'max_age_s'],
      ['/reputation?max_age_s=1e3', 'max_age_s'],
      ['/reputation?start=2020-01-01T00:00:00', 'start'],
      ['/reputation/logged?max_age_s=ten', 'max_age_s'],
      ['/reputation/logged?limit=1000001', 'limit'],
      ['/reputation/logged?peer=QmA', 'peer'],
    ];
    for (const [path, parameter] of wrong) {
      const answer = await server.get(path);
      expect([path, answer.status]).toEqual([path, 400]);
      expect(answer.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
      expect(await answer.json()).toMatchObject({ errors: [{ parameter }] });
    }
    expect((await server.get('/reputation?max_age_s=3155760000&limit=10000')).status).toBe(200);
  });
});
