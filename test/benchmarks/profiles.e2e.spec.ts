import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMPARISON, PROFILE, TARGETS } from '../../src/benchmarks/profiles/profiles.read-model.js';
import { batch, row, snapshot, TEST_COLLECTOR, type TestRow } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { ask, named, type ProblemBody } from '../support/json-request.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

interface Times {
  count: number;
  mean: number;
  median: number;
  p90: number;
  min: number;
  max: number;
}

type Entry = Times & { target: string; name: string };

interface Comparison {
  target: string;
  name: string;
  base: Times | null;
  head: Times | null;
  mean_ratio: number | null;
  median_ratio: number | null;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** When the runs of these tests begin: three hours ago. */
const T0 = Math.floor(Date.now() / MINUTE_MS - 180) * MINUTE_MS;
const at = (minutes: number): string => new Date(T0 + minutes * MINUTE_MS).toISOString();

let database: TestDatabase;
let server: TestServer;
let storage: TestStorage;
let nodes = 0;

beforeAll(async () => {
  database = await TestDatabase.create();
  server = await TestServer.ready(database.url);
  storage = new TestStorage(database.url);
});

afterAll(async () => {
  await storage.close();
  await server[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** A call that ended some minutes after T0. */
interface Call {
  minute: number;
  time: unknown;
  target?: string | null;
  name?: string | null;
  msg?: string;
}

/** A node that made calls, each list on a connection of its own; its peer id. */
async function nodeWith(...connections: Call[][]): Promise<string> {
  const peerId = `QmCalling${(nodes += 1).toString()}`;
  for (const [index, calls] of connections.entries()) {
    const times = calls.map(({ minute }) => T0 + minute * MINUTE_MS);
    const oldestCreatedAt = Math.min(...times);
    const newestCreatedAt = Math.max(...times);
    const one = snapshot({
      peerId,
      oldestCreatedAt,
      newestCreatedAt,
      endedAt: newestCreatedAt,
      endReason: 'closed',
      audit: index % 2 === 1,
    });
    const rows = calls.map((call): TestRow => {
      const { minute, time, target = 'pallet', name = 'call', msg = 'tracing.profiling' } = call;
      const logs = JSON.stringify({
        msg,
        time,
        ...(target !== null && { target }),
        ...(name !== null && { name }),
      });
      return row({ at: T0 + minute * MINUTE_MS, connectionId: one.id, msg, logs });
    });
    await storage.store(batch({ connections: [one], [one.audit ? 'audit' : 'expiring']: rows }));
  }
  return peerId;
}

async function benchmark(body: object): Promise<number> {
  const { status, body: made } = await ask<{ id: number }>(server, 'POST', '/benchmarks', body);
  expect(status).toBe(201);
  return made.id;
}

/** From a minute to another. */
async function runOf(peerId: string, start: number, end: number): Promise<number> {
  return await benchmark({ setup: { substrate: { peerId } }, ts_start: at(start), ts_end: at(end) });
}

async function event(id: number, name: string, phase: 'start' | 'end', minute: number): Promise<void> {
  const body = { benchmark_id: id, name, phase, created_at: at(minute) };
  expect((await ask(server, 'POST', '/benchmarks/events', body)).status).toBe(201);
}

async function profile(id: number, query = ''): Promise<Entry[]> {
  const { status, body } = await ask<Entry[]>(server, 'GET', `/benchmarks/${id}/profile${query}`);
  expect(status).toBe(200);
  return body;
}

/** The times that are in a profile: how many, and their mean. */
async function summary(id: number, query = ''): Promise<number[]> {
  return (await profile(id, query)).flatMap(({ count, mean }) => [count, mean]);
}

async function compare(query: string): Promise<Comparison[]> {
  const { status, body } = await ask<Comparison[]>(server, 'GET', `/benchmarks/compare?${query}`);
  expect(status).toBe(200);
  return body;
}

const calls = (times: readonly unknown[], given: Partial<Call> = {}): Call[] =>
  times.map((time) => ({ minute: 1, time, ...given }));

describe('the profile of a benchmark', () => {
  it('has the statistics of calls by target and name, from all connections of the node', async () => {
    const peerId = await nodeWith(
      [...calls([100, 400, 200]), ...calls([10, 20, 30, 40], { name: 'other' })],
      [...calls([1000, '300']), ...calls([7], { target: 'apallet' })],
    );
    const id = await runOf(peerId, 0, 2);
    expect(await profile(id)).toEqual([
      { target: 'apallet', name: 'call', count: 1, mean: 7, median: 7, p90: 7, min: 7, max: 7 },
      { target: 'pallet', name: 'call', count: 5, mean: 400, median: 300, p90: 760, min: 100, max: 1000 },
      { target: 'pallet', name: 'other', count: 4, mean: 25, median: 25, p90: 37, min: 10, max: 40 },
    ]);
    expect(await profile(id, '?target=apallet')).toHaveLength(1);
    expect(await profile(id, '?target=none')).toEqual([]);
    expect(await profile(id, '/?target=pallet')).toHaveLength(2);
  });

  it('keeps the digits of durations, and omits other values', async () => {
    const strange = [
      null,
      true,
      'fast',
      '',
      '-5',
      -5,
      '1e3',
      'NaN',
      'Infinity',
      '1e400000',
      {},
      [5],
      '9'.repeat(30),
      1e300,
    ];
    const peerId = await nodeWith([
      ...calls([1, 2, 2]),
      ...calls(strange),
      ...calls(['123456789012345678', '0.5', 1.25], { name: 'digits' }),
      ...calls([5], { target: null, name: null }),
      ...calls([5], { msg: 'tracing.event' }),
    ]);
    const { text, body } = await ask<Entry[]>(
      server,
      'GET',
      `/benchmarks/${await runOf(peerId, 0, 2)}/profile`,
    );
    expect(body.map(({ target, name, count }) => [target, name, count])).toEqual([
      ['', '', 1],
      ['pallet', 'call', 3],
      ['pallet', 'digits', 3],
    ]);
    expect(text).toContain('"mean" : 1.6666666666666667');
    expect(text).toContain('"min" : 0.5, "max" : 123456789012345678');
  });

  it('covers the run, both ends included', async () => {
    const peerId = await nodeWith([0, 1, 2, 3, 4].map((minute) => ({ minute, time: minute })));
    expect(await summary(await runOf(peerId, 1, 3))).toEqual([3, 2]);
    expect(await summary(await runOf(peerId, 1.5, 1.6))).toEqual([]);
    expect(await summary(await runOf(peerId, 5, 10))).toEqual([]);
  });

  it('covers the time from the first to the last event if the run has no times', async () => {
    const peerId = await nodeWith([0, 1, 2, 3, 4].map((minute) => ({ minute, time: minute })));
    const setup = { substrate: { peerId } };
    const id = await benchmark({ setup });
    // It begins when it was described.
    expect(await summary(id)).toEqual([]);
    await event(id, 'x', 'start', 1);
    // The run has not ended.
    expect(await summary(id)).toEqual([4, 2.5]);
    await event(id, 'y', 'start', 2);
    await event(id, 'x', 'end', 2.5);
    expect(await summary(id)).toEqual([4, 2.5]);
    await event(id, 'y', 'end', 3);
    expect(await summary(id)).toEqual([3, 2]);
    await ask(server, 'PATCH', `/benchmarks/${id}`, { ts_start: at(0) });
    expect(await summary(id)).toEqual([4, 1.5]);
    await ask(server, 'PATCH', `/benchmarks/${id}`, { ts_end: at(4), ts_start: null });
    expect(await summary(id)).toEqual([4, 2.5]);
    // One that would end before it begins has nothing.
    expect(await summary(await benchmark({ setup, ts_end: at(4) }))).toEqual([]);
  });

  it('covers all time ranges of an event, each call once', async () => {
    const minutes = Array.from({ length: 20 }, (_, minute) => minute);
    const peerId = await nodeWith(minutes.map((minute) => ({ minute, time: 2 ** minute })));
    const id = await runOf(peerId, 0, 15);
    const sum = async (name: string): Promise<number> => {
      const [count = 0, mean = 0] = await summary(id, `?event=${name}`);
      return count * mean;
    };
    const bits = (...set: number[]): number => set.reduce((total, bit) => total + 2 ** bit, 0);
    await event(id, 'pairs', 'end', 0);
    await event(id, 'pairs', 'start', 1);
    await event(id, 'pairs', 'end', 2);
    await event(id, 'pairs', 'start', 4);
    await event(id, 'other', 'end', 4.5);
    await event(id, 'pairs', 'end', 6);
    await event(id, 'pairs', 'end', 8);
    expect(await sum('pairs')).toBe(bits(1, 2, 4, 5, 6));
    // Two starts before an end: what lies in both counts once.
    await event(id, 'twice', 'start', 3);
    await event(id, 'twice', 'start', 4);
    await event(id, 'twice', 'end', 5);
    expect(await sum('twice')).toBe(bits(3, 4, 5));
    // One that has not ended does so with the run, or where it began if that is later.
    await event(id, 'open', 'start', 13);
    expect(await sum('open')).toBe(bits(13, 14, 15));
    await event(id, 'late', 'start', 17);
    expect(await sum('late')).toBe(bits(17));
    // Beyond the run too.
    await event(id, 'after', 'start', 16);
    await event(id, 'after', 'end', 18);
    expect(await sum('after')).toBe(bits(16, 17, 18));
    for (const name of ['none', 'other']) {
      const answer = await ask(server, 'GET', `/benchmarks/${id}/profile?event=${name}`);
      expect([name, ...named(answer)]).toEqual([name, 400, 'event']);
    }
  });

  it('includes an open connection of the node that the specification names', async () => {
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmLive' });
    const other = { substrate: { peerId: 'QmSomebodyElse' } };
    const spec = { substrate: { peerId: 'QmLive' } };
    const id = await benchmark({
      benchmark_spec: spec,
      ts_start: new Date(Date.now() - MINUTE_MS).toISOString(),
    });
    const both = await benchmark({
      benchmark_spec: other,
      setup: { substrate: { peerId: 5 }, tetcore: spec.substrate },
      ts_start: at(0),
    });
    await node.sendV1({ msg: 'tracing.profiling', name: 'call', target: 'pallet', time: '760' });
    await node.sendV1({ msg: 'tracing.profiling', name: 'call', target: 'pallet', time: 1000 });
    await waitUntil(async () => (await summary(id))[0] === 2, { what: 'the calls' });
    expect(await summary(id)).toEqual([2, 880]);
    expect(await summary(both)).toEqual([2, 880]);
    await node.close();
  });

  it('is a 409 if the benchmark names no node', async () => {
    for (const setup of [
      {},
      { substrate: {} },
      { substrate: { peerId: 5 }, tetcore: { peerId: null } },
      { substrate: 'x', peerId: 'x' },
    ]) {
      const id = await benchmark({ setup });
      const answer = await ask<ProblemBody>(server, 'GET', `/benchmarks/${id}/profile`);
      expect(named(answer)).toEqual([409]);
      expect(answer.body.detail).toContain(`Benchmark ${id} names no node`);
      expect((await ask(server, 'GET', `/benchmarks/${id}/targets`)).body).toEqual([]);
    }
    expect(await profile(await benchmark({ setup: { substrate: { peerId: 'QmUnheard' } } }))).toEqual([]);
  });

  it.each(['event=', 'event=a&event=b', 'target=a&target=b', 'target=%00', 'foo=1'])(
    'rejects the invalid parameter by name: %s',
    async (query) => {
      const id = await benchmark({ setup: { substrate: { peerId: 'QmUnheard' } } });
      const answer = await ask(server, 'GET', `/benchmarks/${id}/profile?${query}`);
      expect(named(answer)).toEqual([400, query.split('=')[0]]);
    },
  );
});

describe('the targets of a benchmark', () => {
  it('are those in all messages of its node during the run, unique and sorted', async () => {
    const peerId = await nodeWith(
      [
        { minute: 1, time: 1, target: 'state' },
        { minute: 1, time: 1, target: 'state' },
        { minute: 2, time: 1, target: 'Frame', msg: 'tracing.event' },
        { minute: 2, time: 1, target: null, msg: 'block.import' },
        { minute: 9, time: 1, target: 'late' },
      ],
      [{ minute: 3, time: 1, target: 'client', msg: 'something.new' }],
    );
    const targets = async (start: number, end: number): Promise<unknown> =>
      (await ask(server, 'GET', `/benchmarks/${await runOf(peerId, start, end)}/targets`)).body;
    expect(await targets(0, 5)).toEqual([{ target: 'Frame' }, { target: 'client' }, { target: 'state' }]);
    expect(await targets(2, 10)).toEqual([{ target: 'Frame' }, { target: 'client' }, { target: 'late' }]);
    expect(await targets(20, 30)).toEqual([]);
  });

  it('are all that its node sent if the run has no times', async () => {
    const peerId = await nodeWith(
      [
        { minute: 1, time: 1, target: 'first' },
        { minute: 9, time: 1, target: 'last' },
      ],
      [{ minute: -60, time: 1, target: 'before' }],
    );
    const targets = async (body: object): Promise<string[]> => {
      // As 0.1.4 names the node.
      const id = await benchmark({ setup: { tetcore: { peerId } }, ...body });
      const answer = await ask<{ target: string }[]>(server, 'GET', `/benchmarks/${id}/targets`);
      return answer.body.map(({ target }) => target);
    };
    expect(await targets({})).toEqual(['before', 'first', 'last']);
    expect(await targets({ ts_start: at(0) })).toEqual(['first', 'last']);
    expect(await targets({ ts_end: at(5) })).toEqual(['before', 'first']);
  });
});

describe('two benchmarks', () => {
  it('are compared call by call', async () => {
    const peerId = await nodeWith([
      ...calls([100, 200, 300]),
      ...calls([0, 0], { name: 'nothing' }),
      ...calls([5], { name: 'old' }),
      ...calls([150, 150, 600], { minute: 11 }),
      ...calls([1], { minute: 11, name: 'nothing' }),
      ...calls([6], { minute: 11, name: 'new', target: 'other' }),
    ]);
    const [base, head] = [await runOf(peerId, 0, 5), await runOf(peerId, 10, 15)];
    const found = await compare(`base=${base}&head=${head}`);
    expect(found).toEqual([
      {
        target: 'other',
        name: 'new',
        base: null,
        head: { count: 1, mean: 6, median: 6, p90: 6, min: 6, max: 6 },
        mean_ratio: null,
        median_ratio: null,
      },
      {
        target: 'pallet',
        name: 'call',
        base: { count: 3, mean: 200, median: 200, p90: 280, min: 100, max: 300 },
        head: { count: 3, mean: 300, median: 150, p90: 510, min: 150, max: 600 },
        mean_ratio: 1.5,
        median_ratio: 0.75,
      },
      {
        target: 'pallet',
        name: 'nothing',
        base: { count: 2, mean: 0, median: 0, p90: 0, min: 0, max: 0 },
        head: { count: 1, mean: 1, median: 1, p90: 1, min: 1, max: 1 },
        mean_ratio: null,
        median_ratio: null,
      },
      {
        target: 'pallet',
        name: 'old',
        base: { count: 1, mean: 5, median: 5, p90: 5, min: 5, max: 5 },
        head: null,
        mean_ratio: null,
        median_ratio: null,
      },
    ]);
    expect(await compare(`base=${base}&head=${head}&target=other`)).toEqual(found.slice(0, 1));
    const same = await compare(`base=${base}&head=${base}`);
    expect(same.map((one) => [one.mean_ratio, one.median_ratio])).toEqual([
      [1, 1],
      [null, null],
      [1, 1],
    ]);

    const query = `base=${base}&head=${head}&event=import`;
    await event(base, 'import', 'start', 0);
    await event(base, 'import', 'end', 0.5);
    expect(named(await ask(server, 'GET', `/benchmarks/compare?${query}`))).toEqual([400, 'event']);
    await event(head, 'import', 'start', 10);
    await event(head, 'import', 'end', 12);
    expect((await compare(query)).map((one) => [one.base, one.head?.count])).toEqual([
      [null, 1],
      [null, 3],
      [null, 1],
    ]);
  });

  it('must exist, and name a node', async () => {
    const id = await runOf('QmUnheard', 0, 1);
    const nobody = await benchmark({ setup: {} });
    for (const [query, ...problem] of [
      ['', 400, 'base', 'head'],
      [`base=${id}`, 400, 'head'],
      [`base=${id}&head=x`, 400, 'head'],
      [`base=${id}&head=999999`, 400, 'head'],
      [`base=999999&head=${id}`, 400, 'base'],
      [`base=${id}&head=${id}&foo=1`, 400, 'foo'],
      [`base=${id}&head=${id}&event=none`, 400, 'event'],
      [`base=${nobody}&head=${id}`, 409],
      [`base=${id}&head=${nobody}`, 409],
    ]) {
      expect([query, ...named(await ask(server, 'GET', `/benchmarks/compare?${query}`))].sort()).toEqual(
        [query, ...problem].sort(),
      );
    }
    expect(await compare(`base=${id}&head=${id}`)).toEqual([]);
    expect((await ask(server, 'GET', `/benchmarks/compare/?base=${id}&head=${id}`)).status).toBe(200);
  });
});

describe('the query plan', () => {
  it('reads the calls of a run by the index, only from the partitions of its time', async () => {
    await using other = await TestDatabase.create();
    await using history = new TestStorage(other.url, { environment: { LOG_EXPIRY_H: (30 * 24).toString() } });
    const now = Date.now();
    const connection = snapshot({ peerId: 'QmOld', oldestCreatedAt: now - 6 * DAY_MS });
    const ages = Array.from({ length: 6 }, (_, days) => days * DAY_MS);
    const rows = ages.flatMap((age) =>
      Array.from({ length: 2_000 }, (_, index) =>
        row({
          at: now - age - index,
          connectionId: connection.id,
          msg: index % 2 === 0 ? 'tracing.profiling' : 'block.import',
          logs: JSON.stringify({ target: 'pallet', name: 'call', time: index }),
        }),
      ),
    );
    await history.store(batch({ connections: [connection], expiring: rows }));
    await other.query('ANALYZE');
    const [start, end] = [new Date(now - 3 * DAY_MS - 100), new Date(now - 3 * DAY_MS)].map((time) =>
      time.toISOString(),
    );
    const range = [[connection.id], [TEST_COLLECTOR.number], start, end, `{["${start}","${end}"]}`];
    for (const [sql, parameters] of [
      [PROFILE, [null, ...range]],
      [COMPARISON, [null, ...range, ...range]],
      [TARGETS, range],
    ] as const) {
      const found = await other.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE) ${sql}`, [...parameters]);
      const plan = found.map((line) => line['QUERY PLAN']).join('\n');
      const scanned = [...plan.matchAll(/on (logs_\w+)/g)].map(([, name = '']) => name);
      const relations = new Set(scanned.filter((name) => !name.includes('_idx')));
      // At midnight the run lies in two.
      expect(relations.size).toBeGreaterThan(0);
      expect(relations.size).toBeLessThanOrEqual(3);
      expect(plan).toMatch(/Index (Only )?Scan/);
      expect(plan).not.toMatch(/Seq Scan on logs_expiring/);
    }
  });
});
