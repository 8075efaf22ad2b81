import { readFile } from 'node:fs/promises';
import type { OpenAPIObject } from '@nestjs/swagger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typeNumber } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FeedClient } from '../support/feed-client.js';
import { isMessageTable, type PlanCosts, planCosts } from '../support/plan-costs.js';
import { type SentStatement, StatementRecorder } from '../support/statement-recorder.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';
import { fillYear, LONG, SHORT, YEAR_SETTINGS } from '../support/year-of-messages.js';
import {
  DEFAULT_MAX,
  FREE_ROUTES,
  type MaxBuffers,
  type PlannedWorld,
  REQUESTS,
} from './planned-requests.js';

const DOCUMENT = new URL('../../docs/openapi.json', import.meta.url);
const DAY_MS = 86_400_000;
/** Prints what each request costs, for the table of requests. */
const PRINTS = process.env.TEST_PLANS_PRINT !== undefined;

let database: TestDatabase;
let recorder: StatementRecorder;
let server: TestServer;
let world: PlannedWorld;

beforeAll(async () => {
  database = await TestDatabase.create();
  const newest = await fillYear(database);
  recorder = new StatementRecorder();
  server = await TestServer.ready(database.url, YEAR_SETTINGS);
  // Requests for reputations read other tables once the server aggregates.
  await waitUntil(
    async () =>
      (await database.query("SELECT FROM insight_state WHERE stored_until > now() - interval '1 min'"))
        .length === 1,
    { what: 'the aggregation', timeoutMs: 30_000 },
  );
  world = await worldOf(newest);
}, 120_000);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  recorder[Symbol.dispose]();
  await database[Symbol.asyncDispose]();
});

async function worldOf(newest: number): Promise<PlannedWorld> {
  const daysAgo = (days: number): string => new Date(newest - days * DAY_MS).toISOString();
  const [connection] = await database.query<{ id: number }>(
    'SELECT id::float8 AS id FROM peer_connections WHERE peer_id = $1 AND ended_at IS NULL',
    [SHORT],
  );
  const run = async (peerId: string, times: object): Promise<number> => {
    const made = await post('/benchmarks', { setup: { substrate: { peerId } }, ...times });
    return (made as { id: number }).id;
  };
  const benchmarks = {
    bounded: await run(LONG, { ts_start: daysAgo(202), ts_end: daysAgo(200) }),
    withEvents: await run(SHORT, { ts_start: daysAgo(185), ts_end: daysAgo(183) }),
    unbounded: await run(SHORT, {}),
  };
  for (const [phase, days] of [
    ['start', 184.5],
    ['end', 184],
  ] as const) {
    await post('/benchmarks/events', {
      benchmark_id: benchmarks.withEvents,
      name: 'sync',
      phase,
      created_at: daysAgo(days),
    });
  }
  await post('/host_systems', {
    cpu_clock: 2_600,
    cpu_qty: 4,
    description: 'd',
    disk_info: 'NVME',
    os: 'linux',
    ram_mb: 1,
  });
  return {
    daysAgo,
    cursorOf: (days) => `${daysAgo(days).replace('Z', '000Z')}_1`,
    connection: connection?.id ?? 0,
    benchmarks,
  };
}

async function post(path: string, body: object): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const response = await server.get(path, { method: 'POST', headers, body: JSON.stringify(body) });
  const text = await response.text();
  expect(response.status, text).toBe(201);
  return JSON.parse(text);
}

/** What the statements of a request cost. */
async function costsOf(path: string, status = 200): Promise<PlanCosts> {
  const statements = await recorder.ofOneRequest(async () => {
    const response = await server.get(path);
    const text = await response.text();
    expect(response.status, text).toBe(status);
  });
  const costs = await planCosts(database.url, statements);
  print(path, costs);
  return costs;
}

function print(what: string, { execution, planning, scans }: PlanCosts): void {
  if (PRINTS) console.log([what, execution, planning, scans.length].join('\t'));
}

function expectWithin({ scans, execution, planning }: PlanCosts, max: MaxBuffers): void {
  expect(scans).toEqual([]);
  expect(execution).toBeLessThanOrEqual(max.execution);
  expect(planning).toBeLessThanOrEqual(max.planning);
}

const isRead = (table: string): boolean => isMessageTable(table) || table === 'peer_connections';

describe('a request on a year of daily partitions', () => {
  it.each(REQUESTS)('GET $route: $shape', async ({ path, max }) => {
    const costs = await costsOf(path(world));
    expectWithin(costs, { ...DEFAULT_MAX, ...max });
    expect([...costs.tables].some(isRead)).toBe(true);
  });

  it.each(FREE_ROUTES)('GET $route $why', async ({ path, status }) => {
    const costs = await costsOf(path(world), status);
    expect([...costs.tables].filter(isRead)).toEqual([]);
  });
});

it('has requests of every route', async () => {
  const { paths } = JSON.parse(await readFile(DOCUMENT, 'utf8')) as OpenAPIObject;
  const documented = Object.entries(paths).flatMap(([path, { get }]) => (get === undefined ? [] : [path]));
  const known = new Set([...REQUESTS, ...FREE_ROUTES].map(({ route }) => route));
  expect([...known].sort()).toEqual(documented.sort());
});

describe('a statement', () => {
  const sent = (text: string): SentStatement => ({
    text,
    values: [],
    name: undefined,
    transaction: undefined,
  });
  const WITHOUT_INDEX = "SELECT count(*) FROM tetcore_logs WHERE logs->>'target' = 'pallet'";

  it('that scans messages does not pass', async () => {
    const { scans, execution, planning } = await planCosts(database.url, [sent(WITHOUT_INDEX)]);
    expect(scans.length).toBeGreaterThan(300);
    expect(scans[0]).toMatch(/^Seq Scan on logs_(expiring|audit)_\d+: SELECT count/);
    expect(execution).toBeGreaterThan(DEFAULT_MAX.execution);
    expect(planning).toBeGreaterThan(DEFAULT_MAX.planning);
  });

  it('that scans them only when it is planned for any values does not pass', async () => {
    const text = 'SELECT count(logs) FROM logs_expiring WHERE type = $1::smallint';
    const unnamed = { ...sent(text), values: [typeNumber('system.network_state')] };
    expect((await planCosts(database.url, [unnamed])).scans).toEqual([]);
    const { scans } = await planCosts(database.url, [{ ...unnamed, name: 'by_type' }]);
    expect(scans.length).toBeGreaterThan(300);
  });
});

describe('the live feed on a year of daily partitions', () => {
  /** What both of its statements that read messages have in common. Others run at the same time. */
  const isOfFeed = ({ text }: Pick<SentStatement, 'text'>): boolean =>
    text.includes("logs - ARRAY['ts', 'id', 'msg'");
  const isUpdate = ({ text }: SentStatement): boolean =>
    isOfFeed({ text }) && text.includes('stored_at > $1');

  it.each([
    ['a type of a node', SHORT, 'block.import'],
    ['a rare type of a node', SHORT, 'system.network_state'],
    ['a type of all nodes', '*', 'block.import'],
    ['a type without a number', '*', 'team.custom'],
  ])('reads the history and new messages of %s', async (_, peerId, msg) => {
    const statements = await recorder.ofAllReaders(async (sent) => {
      const client = await FeedClient.connect(server.ws);
      client.subscribe(peerId, msg);
      await client.has(1);
      const seen = sent.length;
      await waitUntil(() => sent.slice(seen).some(isUpdate), { what: 'an update of the cache' });
      await client.close();
    });
    const ofFeed = statements.filter(isOfFeed);
    const [history, update] = [ofFeed.filter((one) => !isUpdate(one)), ofFeed.filter(isUpdate).slice(0, 1)];
    expect([history.length, update.length]).toEqual([1, 1]);
    const costs = await planCosts(database.url, [...history, ...update]);
    print(`feed of ${peerId} ${msg}`, costs);
    expectWithin(costs, DEFAULT_MAX);
  });
});
