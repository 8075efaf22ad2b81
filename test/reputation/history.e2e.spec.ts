import { beforeEach, describe, expect, it } from 'vitest';
import { collectorOf, typeSql } from '../../src/storage/index.js';
import { newConnectionId } from '../support/batches.js';
import type { TestDatabase } from '../support/databases.js';
import { sharedServer } from '../support/shared-server.js';
import { history, oneSet, type Reporter, severalSets, storeReports } from '../support/reports.js';
import type { TestServer } from '../support/test-server.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const PEER = 'QmAsked';

describe('GET /reputation/{peer_id}', () => {
  const shared = sharedServer();
  let database: TestDatabase;
  let server: TestServer;

  beforeEach(async () => {
    ({ database, server } = shared());
    await database.clear();
  });

  /** Reports of the peer with their ages as reputations, with the sign turned. */
  const reporter = (peerId: string, ages: readonly number[], audit = false): Reporter => ({
    peerId,
    audit,
    reports: ages.map((age) => ({
      age,
      said: oneSet({
        [PEER]: { reputation: -age, connected: audit },
        QmOther: { reputation: 7, connected: true },
      }),
    })),
  });
  const ages = async (query: Record<string, string> = {}, peerId = PEER): Promise<number[]> =>
    (await history(server, peerId, query)).map(({ reputation }) => -Number(reputation));

  it('returns all reports of a peer, newest first, with the reporting node, its time and its exact values', async () => {
    const now = Date.now();
    await storeReports(
      database,
      [
        reporter('QmA', [10, 2 * HOUR_MS, 400 * DAY_MS]),
        reporter('QmB', [5 * DAY_MS, 20], true),
        reporter('QmA', [-HOUR_MS, 3 * HOUR_MS]),
        { ...reporter('QmC', [30]), peerId: null },
      ],
      now,
    );
    const expected: [peer: string, age: number, connected: boolean][] = [
      ['QmA', -HOUR_MS, false],
      ['QmA', 10, false],
      ['QmB', 20, true],
      ['QmA', 2 * HOUR_MS, false],
      ['QmA', 3 * HOUR_MS, false],
      ['QmB', 5 * DAY_MS, true],
      ['QmA', 400 * DAY_MS, false],
    ];
    expect(await history(server, PEER)).toEqual(
      expected.map(([reporting_peer, age, connected]) => ({
        reporting_peer,
        reputation: BigInt(-age),
        connected,
        ts: `${new Date(now - age).toISOString().slice(0, -1)}000Z`,
      })),
    );
    expect(await ages({ limit: '3' })).toEqual([-HOUR_MS, 10, 20]);
    const withSlash = await (await server.get(`/reputation/${PEER}/`)).text();
    expect(withSlash).toBe(await (await server.get(`/reputation/${PEER}`)).text());
  });

  it('limits reports by age, or by two exclusive times', async () => {
    const now = Date.now();
    const all = [1_000, 90_000, HOUR_MS, 2 * HOUR_MS, 3 * DAY_MS];
    await storeReports(database, [reporter('QmA', all)], now);
    const at = (age: number): string => new Date(now - age).toISOString();
    expect(await ages({ max_age_s: '60' })).toEqual([1_000]);
    expect(await ages({ max_age_s: '0' })).toEqual([]);
    expect(await ages({ max_age_s: '3660' })).toEqual(all.slice(0, 3));
    expect(await ages({ max_age_s: '3155760000' })).toEqual(all);
    expect(await ages({ start_time: at(HOUR_MS) })).toEqual(all.slice(0, 2));
    expect(await ages({ start_time: at(HOUR_MS + 1) })).toEqual(all.slice(0, 3));
    expect(await ages({ end_time: at(90_000) })).toEqual(all.slice(2));
    expect(await ages({ end_time: at(90_000 - 1) })).toEqual(all.slice(1));
    expect(await ages({ start_time: at(3 * DAY_MS), end_time: at(90_000) })).toEqual(all.slice(2, 4));
    expect(await ages({ start_time: at(0), end_time: at(DAY_MS) })).toEqual([]);
    expect(await ages({ start_time: '0001-01-01T00:00:00', end_time: '9999-12-31T23:59:59' })).toEqual(all);
    expect(await ages({ start_time: '9999-12-31T23:59:59' })).toEqual([]);
    expect(await ages({ end_time: '0001-01-01T00:00:00' })).toEqual([]);
    expect(await ages({ max_age_s: '3660', limit: '1' })).toEqual([1_000]);
  });

  it('returns the lowest reputation of several sets, and nothing for a report without the peer', async () => {
    await storeReports(database, [
      {
        peerId: 'QmA',
        reports: [
          {
            age: 10,
            said: severalSets(
              { [PEER]: { reputation: 3, connected: false } },
              { [PEER]: { reputation: -4, connected: true } },
              { QmOther: { reputation: -9, connected: true } },
            ),
          },
          { age: 20, said: oneSet({ QmOther: { reputation: -9, connected: true } }) },
          {
            age: 30,
            said: { network_state: { peerset: { nodes: { [PEER]: { reputation: 5, connected: false } } } } },
          },
        ],
      },
    ]);
    expect((await history(server, PEER)).map(({ reputation, connected }) => [reputation, connected])).toEqual(
      [
        [-4n, true],
        [5n, false],
      ],
    );
    expect(await history(server, 'QmNobody')).toEqual([]);
    expect(await history(server, 'logged ')).toEqual([]);
    expect(await (await server.get(`/reputation/${PEER}?max_age_s=0`)).text()).toBe('[]');
  });

  it('returns each of thousands of reports once, also of the same time', async () => {
    const now = Date.now();
    const id = newConnectionId();
    await storeReports(database, [reporter('QmA', [1_000]), reporter('QmB', [DAY_MS])], now);
    // 2,600 of one moment, then 3,000 a second apart; one in three has the peer.
    await database.query(
      `INSERT INTO peer_connections (id, collector, ip_addr, peer_id, created_at, audit, path, socket_id, revision,
         first_message_at, last_message_at, oldest_created_at, newest_created_at)
       SELECT $1, $3, '192.0.2.1', 'QmMany', at, false, '/', gen_random_uuid(), 1, at, at, at - interval '6000 s', at
         FROM (SELECT to_timestamp($2::float8 / 1000) AS at) AS time`,
      [id, now, collectorOf(id)],
    );
    await database.query(
      `INSERT INTO logs_expiring (created_at, received_at, peer_connection_id, collector, type, logs)
       SELECT at, at, $1, $4, ${typeSql('system.network_state')}, jsonb_build_object('state', jsonb_build_object('peerset',
                jsonb_build_object('nodes', jsonb_build_object(CASE n % 3 WHEN 0 THEN $3::text ELSE 'QmOther' END,
                  jsonb_build_object('connected', true, 'reputation', n)))))
         FROM generate_series(1, 5600) AS n
        CROSS JOIN LATERAL (SELECT to_timestamp($2::float8 / 1000) - make_interval(secs => 10 + greatest(0, n - 2600)) AS at) AS time`,
      [id, now, PEER, collectorOf(id)],
    );
    const found = await history(server, PEER, { limit: '10000' });
    const expected = Array.from({ length: 5_600 }, (_, index) => index + 1).filter((n) => n % 3 === 0);
    expect(found).toHaveLength(expected.length + 2);
    const times = found.map(({ ts }) => ts);
    expect(times).toEqual([...times].sort().reverse());
    const numbers = found.slice(1, -1).map(({ reputation }) => Number(reputation));
    expect([...numbers].sort((one, other) => one - other)).toEqual(expected);
    expect(await history(server, PEER)).toEqual(found.slice(0, 1_000));
    expect(await history(server, PEER, { limit: '1' })).toEqual(found.slice(0, 1));
  });

  it('accepts an age or times, and no undocumented parameters', async () => {
    const time = '2020-01-01T00:00:00';
    const wrong: [query: string, parameter: string][] = [
      [`max_age_s=10&start_time=${time}`, 'max_age_s'],
      [`max_age_s=10&end_time=${time}`, 'max_age_s'],
      [`max_age_s=0&end_time=${time}&start_time=${time}`, 'max_age_s'],
      ['max_age_s=', 'max_age_s'],
      ['max_age_s=3155760001', 'max_age_s'],
      ['start_time=yesterday', 'start_time'],
      ['end_time=2020-02-30T00:00:00', 'end_time'],
      ['limit=1000001', 'limit'],
      ['limit=0', 'limit'],
      ['cursor=1', 'cursor'],
    ];
    for (const [query, parameter] of wrong) {
      const answer = await server.get(`/reputation/${PEER}/?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(await answer.json()).toMatchObject({ errors: [{ parameter }] });
    }
    expect((await server.get('/reputation/%00')).status).toBe(400);
    expect((await server.get(`/reputation/${'x'.repeat(2000)}`)).status).toBe(400);
  });
});
