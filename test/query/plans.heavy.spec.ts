import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ReaderConnection, typeNumber } from '../../src/storage/index.js';
import { batch, newConnectionId, snapshot, TEST_COLLECTOR } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { onDatabase } from '../support/on-database.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';

const DAY_MS = 86_400_000;
const HOUR_MS = DAY_MS / 24;
const DAYS = 365;
const now = Date.now();
const iso = (ago: number): string => new Date(now - ago).toISOString();

/** Blocks of 8 kB that a statement may touch, and that its planning may. A year has 366 partitions with three indexes. */
const MAX_BUFFERS = 1_000;
const MAX_PLANNING_BUFFERS = 1_500;

const YEAR = 'QmYear';
const RANGE = `start_time=${iso(200 * DAY_MS)}&end_time=${iso(200 * DAY_MS - HOUR_MS)}`;

/** Each route that reads messages or connections, with the shapes of its parameters. */
const REQUESTS: Record<string, readonly string[]> = {
  '/nodes/logs': [
    '',
    '&order=asc',
    `&${RANGE}`,
    '&msg=block.import',
    `&msg=block.import&${RANGE}`,
    '&msg=system.network_state',
    '&msg=notify.unheard',
    '&target=rare',
    `&target=rare&${RANGE}`,
    '&limit=1',
  ].map((rest) => `/nodes/logs?peer_id=${YEAR}${rest}`),
  '/nodes/log_stats': [`/nodes/log_stats?peer_id=QmDay`, `/nodes/log_stats?peer_id=${YEAR}&${RANGE}`],
  '/nodes/peer_counts': [`/nodes/peer_counts?peer_id=${YEAR}`, `/nodes/peer_counts?peer_id=${YEAR}&${RANGE}`],
  '/nodes': [
    '/nodes',
    '/nodes?connected=true',
    '/nodes?name=a&version=1&authority=true',
    '/nodes?status=offline',
  ],
  '/nodes/{peer_id}': [`/nodes/${YEAR}`],
  '/nodes/{peer_id}/connections': [`/nodes/${YEAR}/connections`],
  '/reputation': ['/reputation', `/reputation?max_age_s=${(30 * 86_400).toString()}`],
  '/reputation/logged': ['/reputation/logged'],
  '/reputation/{peer_id}': ['/reputation/QmSeen?max_age_s=3600', `/reputation/QmSeen?${RANGE}`],
  '/chains': ['/chains'],
};

/** Routes that read neither: they have tables of their own, or of results, or what the server keeps of the network. */
const OTHERS =
  /^\/(chains\/\{chain\}\/|network|gaps|stats|host_systems|benchmarks|health|metrics|nodes\/\{peer_id\}\/availability|$)/;

interface Blocks {
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
}
interface Plan extends Blocks {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}
interface Explained {
  Plan: Plan;
  Planning?: Blocks;
}
interface Statement {
  text: string;
  values?: readonly unknown[];
}

const flat = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(flat)];
const blocksOf = (counted: Blocks | undefined): number =>
  (counted?.['Shared Hit Blocks'] ?? 0) + (counted?.['Shared Read Blocks'] ?? 0);

/** What is wrong with the plan of a statement; an empty list if nothing is. */
async function faultsOf(database: TestDatabase, { text, values = [] }: Statement): Promise<string[]> {
  const explained = await onDatabase(database.url, async (client) => {
    const explain = async (): Promise<Explained | undefined> => {
      const { rows } = await client.query<{ 'QUERY PLAN': [Explained] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
        [...values],
      );
      return rows[0]?.['QUERY PLAN'][0];
    };
    // A new session reads the catalogue when it plans for the first time.
    await explain();
    return await explain();
  });
  if (explained === undefined) return ['it has no plan'];
  const [buffers, planning] = [blocksOf(explained.Plan), blocksOf(explained.Planning)];
  return [
    ...new Set(
      flat(explained.Plan)
        .filter(isScan)
        .map(() => 'a sequential scan of messages'),
    ),
    ...(buffers > MAX_BUFFERS ? [`${buffers.toString()} buffers`] : []),
    ...(planning > MAX_PLANNING_BUFFERS ? [`${planning.toString()} buffers for planning`] : []),
  ];
}

/** Whether it read a table of messages from its beginning. An empty one has no buffers. */
function isScan(plan: Plan): boolean {
  const { 'Node Type': type, 'Relation Name': relation = '' } = plan;
  return type.includes('Seq Scan') && relation.startsWith('logs_') && blocksOf(plan) > 0;
}

/** The queries that a request has readers run. */
async function statementsOf(server: TestServer, path: string): Promise<Statement[]> {
  const spies = [
    { spy: vi.spyOn(ReaderConnection.prototype, 'query'), place: 0 },
    { spy: vi.spyOn(ReaderConnection.prototype, 'rows'), place: 0 },
    { spy: vi.spyOn(ReaderConnection.prototype, 'fetch'), place: 2 },
  ];
  try {
    const answer = await server.get(path);
    expect([path, answer.status]).toEqual([path, 200]);
    await answer.text();
    const statements = spies.flatMap(({ spy, place }) =>
      spy.mock.calls.map((call) => call[place] as Statement | undefined),
    );
    return statements.filter((statement) => statement !== undefined && isQuery(statement)) as Statement[];
  } finally {
    for (const { spy } of spies) spy.mockRestore();
  }
}

/** Without those of the live feed, which run all the time. */
const isQuery = ({ text }: Statement): boolean =>
  /^\s*(SELECT|WITH)/.test(text) && !text.includes('WITH new_message');

/** A year of messages in daily partitions: hourly ones of a node, and those of others, so that no scan of all is cheap. */
async function fillYear(database: TestDatabase): Promise<void> {
  await using storage = new TestStorage(database.url, {
    environment: { LOG_EXPIRY_H: (DAYS * 24).toString() },
  });
  await storage.partitions.ensure('logs_expiring', now - DAYS * DAY_MS, now);
  await storage.partitions.ensure('logs_audit', now - DAYS * DAY_MS, now);
  await storage.collectors.heartbeat();
  const add = async (peerId: string, days: number, count: number): Promise<void> => {
    const id = newConnectionId();
    const from = now - days * DAY_MS;
    const times = { createdAt: from, firstMessageAt: from, oldestCreatedAt: from };
    await storage.store(
      batch({
        connections: [
          snapshot({ id, peerId, chain: 'Polkadot', ...times, newestCreatedAt: now, lastMessageAt: now }),
        ],
      }),
    );
    await database.query(
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT at, at, $5, $1,
              CASE WHEN n % 24 = 0 THEN $6::smallint WHEN n % 6 = 0 THEN $7::smallint ELSE $8::smallint END,
              CASE WHEN n % 24 = 0 THEN '{"msg":"system.network_state","state":{"peerset":{"nodes":{"QmSeen":{"reputation":-1,"connected":true}}}}}'
                   ELSE jsonb_build_object('n', n, 'filler', repeat('x', 100)) END
         FROM generate_series(1, $2::int) AS n,
              LATERAL (SELECT to_timestamp($3::float8 + ($4::float8 - $3) * n / ($2 + 1.0))) AS moment (at)`,
      [
        id,
        count,
        from / 1000,
        now / 1000,
        TEST_COLLECTOR.number,
        typeNumber('system.network_state'),
        typeNumber('system.interval'),
        typeNumber('block.import'),
      ],
    );
  };
  await add(YEAR, DAYS - 1, 24 * DAYS);
  await add('QmDay', 1, 2_000);
  await add('QmOther', DAYS - 1, 500 * DAYS);
  await database.query('VACUUM ANALYZE');
}

describe('over a year of daily partitions', () => {
  let database: TestDatabase;
  let server: TestServer;

  beforeAll(async () => {
    database = await TestDatabase.create();
    await fillYear(database);
    server = await TestServer.ready(database.url, { LOG_EXPIRY_H: (DAYS * 24).toString() });
  }, 120_000);

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  it.each(Object.values(REQUESTS).flat())(
    'GET %s scans no table of messages and touches few buffers',
    async (path) => {
      const statements = await statementsOf(server, path);
      expect(statements.length).toBeGreaterThan(0);
      for (const statement of statements)
        expect([await faultsOf(database, statement), statement.text]).toEqual([[], statement.text]);
    },
  );

  it('has a row for each route', async () => {
    const { paths } = JSON.parse(await readFile('docs/openapi.json', 'utf8')) as {
      paths: Record<string, { get?: unknown }>;
    };
    const routes = Object.keys(paths).filter((path) => paths[path]?.get !== undefined && !OTHERS.test(path));
    expect(routes.sort()).toEqual(Object.keys(REQUESTS).sort());
  });

  it('finds a sequential scan, and a statement that touches much', async () => {
    const text = "SELECT count(*) FROM tetcore_logs WHERE logs->>'n' = '1'";
    expect(await faultsOf(database, { text })).toEqual([
      'a sequential scan of messages',
      expect.stringMatching(/ buffers$/),
    ]);
  });
});
