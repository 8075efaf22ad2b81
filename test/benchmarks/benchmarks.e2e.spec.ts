import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { ask, type JsonAnswer, named, type ProblemBody } from '../support/json-request.js';
import { TestServer } from '../support/test-server.js';

interface Benchmark {
  id: number;
  created_at: string;
  benchmark_spec: object | null;
  chain_spec: object | null;
  description: string;
  host_system_id: number | null;
  ts_start: string | null;
  ts_end: string | null;
  setup: object | null;
}

interface Event {
  id: number;
  benchmark_id: number;
  name: string;
  phase: string;
  created_at: string;
}

const HOST = { cpu_clock: 2600, cpu_qty: 4, description: '', disk_info: 'NVME', os: 'freebsd', ram_mb: 8192 };
const SPEC = { benchmark_spec: { tdb: 'tbd' } };
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

let database: TestDatabase;
let server: TestServer;

beforeAll(async () => {
  database = await TestDatabase.create();
  server = await TestServer.ready(database.url);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

async function post(body: object | string): Promise<JsonAnswer<Benchmark>> {
  return await ask<Benchmark>(server, 'POST', '/benchmarks', body);
}

async function made(body: object = SPEC): Promise<Benchmark> {
  const { status, body: benchmark } = await post(body);
  expect(status).toBe(201);
  return benchmark;
}

async function hostSystem(): Promise<number> {
  return (await ask<{ id: number }>(server, 'POST', '/host_systems', HOST)).body.id;
}

describe('a benchmark', () => {
  it('is created in the form of the specification, and returned', async () => {
    const host = await hostSystem();
    const body = {
      benchmark_spec: { tdb: 'tbd' },
      chain_spec: { name: 'Development', etc: 'more chain spec stuff' },
      description: 'notes',
      host_system_id: host,
      ts_end: '2019-10-28T14:05:27.618903',
      ts_start: '1970-01-01T00:00:01',
    };
    const { status, headers, body: benchmark } = await post(body);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/benchmarks/${benchmark.id}`);
    expect(headers.get('content-type')).toContain('application/json');
    expect(benchmark).toEqual({
      ...body,
      ts_end: '2019-10-28T14:05:27.618903Z',
      ts_start: '1970-01-01T00:00:01.000000Z',
      id: benchmark.id,
      created_at: benchmark.created_at,
      setup: null,
    });
    expect(Math.abs(Date.parse(benchmark.created_at) - Date.now())).toBeLessThan(60_000);
    expect((await ask(server, 'GET', `/benchmarks/${benchmark.id}`)).body).toEqual(benchmark);
    const [first] = (await ask<Benchmark[]>(server, 'GET', '/benchmarks?limit=1')).body;
    expect(first).toEqual(benchmark);
  });

  it('may have only a setup, as in 0.1.4, or both', async () => {
    const setup = { substrate: { peerId: 'QmExample' } };
    expect(await made({ setup })).toMatchObject({
      setup,
      benchmark_spec: null,
      description: '',
      ts_end: null,
    });
    expect(await made({ setup, ...SPEC })).toMatchObject({ setup, ...SPEC });
    expect(await made({ setup, description: null, host_system_id: null, ts_start: null })).toMatchObject({
      setup,
      description: '',
      host_system_id: null,
      ts_start: null,
    });
  });

  it('keeps every digit of the numbers in its JSON', async () => {
    const digits =
      '{"seed":1152921504606846976,"weight":1.50,"many":0.1234567890123456789012345678901234567890}';
    const text = `{"setup":${digits},"benchmark_spec":${digits},"chain_spec":{"deep":[${digits}]}}`;
    const answer = await post(text);
    const inOrder =
      '{"many": 0.1234567890123456789012345678901234567890, "seed": 1152921504606846976, "weight": 1.50}';
    const expected = [`"setup" : ${inOrder}`, `"benchmark_spec" : ${inOrder}`, `{"deep": [${inOrder}]}`];
    const changed = await ask(
      server,
      'PATCH',
      `/benchmarks/${answer.body.id}`,
      `{"setup":{"n":1e2,"one":1.0}}`,
    );
    expect(changed.text).toContain('"setup" : {"n": 100, "one": 1.0}');
    for (const part of expected) expect(answer.text).toContain(part);
    expect((await ask(server, 'GET', `/benchmarks/${answer.body.id}`)).text).toContain(expected[1]);
    expect((await ask(server, 'GET', '/benchmarks')).text).toContain(expected[2]);
  });

  it('accepts times with offsets, with fractions and without both', async () => {
    const times = async (ts_start: string, ts_end: string): Promise<(string | null)[]> => {
      const { ts_start: start, ts_end: end } = await made({ ...SPEC, ts_start, ts_end });
      return [start, end];
    };
    expect(await times('2019-01-01T00:00:00+02:00', '2019-01-01T00:00:00Z')).toEqual([
      '2018-12-31T22:00:00.000000Z',
      '2019-01-01T00:00:00.000000Z',
    ]);
    expect(await times('2019-01-01 00:00', '2019-01-01T00:00:00.000001')).toEqual([
      '2019-01-01T00:00:00.000000Z',
      '2019-01-01T00:00:00.000001Z',
    ]);
  });

  it('is changed field by field: null clears, and omitted fields stay unchanged', async () => {
    const host = await hostSystem();
    const start = '2026-01-01T00:00:00.000000Z';
    const first = await made({
      ...SPEC,
      setup: { a: 1, b: 2 },
      description: 'x',
      host_system_id: host,
      ts_start: start,
    });
    const change = async (body: object): Promise<Benchmark> => {
      const answer = await ask<Benchmark>(server, 'PATCH', `/benchmarks/${first.id}`, body);
      expect(answer.status).toBe(200);
      return answer.body;
    };
    expect(await change({})).toEqual(first);
    expect(await change({ ts_end: '2026-01-01T01:00:00', setup: { c: 3 } })).toEqual({
      ...first,
      ts_end: '2026-01-01T01:00:00.000000Z',
      setup: { c: 3 },
    });
    const cleared = { setup: null, host_system_id: null, ts_start: null, ts_end: null };
    expect(await change({ ...cleared, description: null })).toEqual({
      ...first,
      ...cleared,
      description: '',
    });
    expect((await ask(server, 'GET', `/benchmarks/${first.id}`)).body).toMatchObject(SPEC);
  });

  it('is deleted with its events', async () => {
    const { id } = await made();
    for (const phase of ['start', 'end']) {
      await ask(server, 'POST', '/benchmarks/events', { benchmark_id: id, name: 'x', phase });
    }
    const answer = await ask(server, 'DELETE', `/benchmarks/${id}`);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect((await ask(server, 'GET', `/benchmarks/${id}`)).status).toBe(404);
    expect(
      await database.query('SELECT count(*)::integer FROM benchmark_events WHERE benchmark_id = $1', [id]),
    ).toEqual([{ count: 0 }]);
  });

  it('can be large', async () => {
    const code = '0123456789abcdef'.repeat(256 * 1024);
    const { id } = await made({ ...SPEC, chain_spec: { code } });
    expect((await ask<Benchmark>(server, 'GET', `/benchmarks/${id}`)).body.chain_spec).toEqual({ code });
    expect((await post({ ...SPEC, chain_spec: { code: code + code } })).status).toBe(413);
    await ask(server, 'DELETE', `/benchmarks/${id}`);
  });
});

describe('the list of benchmarks', () => {
  it('comes in pages, newest first, also if the last row of a page is deleted meanwhile', async () => {
    const ids: number[] = [];
    for (let count = 0; count < 5; count += 1) ids.unshift((await made()).id);
    const page = async (query: string): Promise<number[]> =>
      (await ask<Benchmark[]>(server, 'GET', `/benchmarks?${query}`)).body.map(({ id }) => id);
    expect(await page('limit=2')).toEqual(ids.slice(0, 2));
    await ask(server, 'DELETE', `/benchmarks/${ids[1]}`);
    expect(await page(`limit=2&cursor=${ids[1]}`)).toEqual(ids.slice(2, 4));
    expect((await page(`cursor=${ids[2]}`)).slice(0, 2)).toEqual(ids.slice(3));
    expect(await page('cursor=1')).toEqual([]);
    expect((await page('limit=10000')).slice(0, 4)).toEqual([ids[0], ...ids.slice(2)]);
  });
});

describe('the example', () => {
  it('is a valid body, with and without a host system', async () => {
    await using other = await TestDatabase.create();
    await using fresh = await TestServer.ready(other.url);
    for (const host of [false, true]) {
      if (host) await ask(fresh, 'POST', '/host_systems', HOST);
      const { status, body } = await ask<object>(fresh, 'GET', '/benchmarks/example');
      expect(status).toBe(200);
      expect('host_system_id' in body).toBe(host);
      expect((await ask(fresh, 'POST', '/benchmarks', body)).status).toBe(201);
      expect((await ask(fresh, 'GET', '/benchmarks/example/')).body).toEqual(body);
    }
  });
});

describe('an invalid benchmark', () => {
  it('is rejected with the reason', async () => {
    const refused: [object | string, string[]][] = [
      [{}, ['benchmark_spec', 'setup']],
      [{ description: 'x' }, ['benchmark_spec', 'setup']],
      [{ setup: null, benchmark_spec: null, chain_spec: {} }, ['benchmark_spec', 'setup']],
      [{ ...SPEC, foo: 1 }, ['foo']],
      [{ ...SPEC, id: 1 }, ['id']],
      [{ setup: [] }, ['setup']],
      [{ setup: 'x' }, ['setup']],
      [{ benchmark_spec: 1 }, ['benchmark_spec']],
      [{ ...SPEC, chain_spec: 'Development' }, ['chain_spec']],
      [{ ...SPEC, description: 5 }, ['description']],
      [{ ...SPEC, description: 'x\0' }, ['description']],
      [{ ...SPEC, description: 'x'.repeat(65_537) }, ['description']],
      [{ ...SPEC, host_system_id: 999_999 }, ['host_system_id']],
      [{ ...SPEC, host_system_id: 0 }, ['host_system_id']],
      [{ ...SPEC, host_system_id: '1' }, ['host_system_id']],
      [{ ...SPEC, host_system_id: 1.5 }, ['host_system_id']],
      [{ ...SPEC, host_system_id: 2 ** 60 }, ['host_system_id']],
      [{ ...SPEC, ts_start: 'now' }, ['ts_start']],
      [{ ...SPEC, ts_start: 1_577_836_800 }, ['ts_start']],
      [{ ...SPEC, ts_end: '2019-02-30T00:00:00' }, ['ts_end']],
      [{ ...SPEC, ts_start: '0001-01-01T00:00:00+01:00' }, ['ts_start']],
      [{ ...SPEC, ts_end: '9999-12-31T23:59:59.9999999Z' }, ['ts_end']],
      [{ ...SPEC, ts_start: '2019-01-01T00:00:00', ts_end: '2019-01-01T00:00:00' }, ['ts_end']],
      [{ ...SPEC, ts_start: '2019-01-01T00:00:00', ts_end: '2018-01-01T00:00:00' }, ['ts_end']],
      ['{"setup":{"a":"\\u0000"}}', ['setup']],
      ['{"benchmark_spec":{"a":"\\ud800"}}', ['benchmark_spec']],
      ['{"benchmark_spec":{},"chain_spec":{"n":1e400000}}', ['chain_spec']],
      [`{"setup":${'{"a":'.repeat(1001)}1${'}'.repeat(1001)}}`, ['setup']],
      ['{"setup":', []],
      ['[]', ['body']],
      ['null', []],
      ['"x"', []],
    ];
    for (const [body, parameters] of refused) {
      expect([body, ...named(await post(body))]).toEqual([body, 400, ...parameters]);
    }
  });

  it('is one whose body is not JSON', async () => {
    const { id } = await made();
    for (const [method, path] of [
      ['POST', '/benchmarks'],
      ['PATCH', `/benchmarks/${id}`],
    ] as const) {
      for (const type of ['application/x-www-form-urlencoded', 'text/plain']) {
        const body = JSON.stringify(SPEC);
        const answer = await fetch(server.http + path, { method, headers: { 'content-type': type }, body });
        expect([path, type, answer.status]).toEqual([path, type, 415]);
        expect(((await answer.json()) as ProblemBody).detail).toContain('application/json');
      }
    }
  });

  it('cannot be the result of a change', async () => {
    const { id } = await made({ ...SPEC, ts_start: '2026-01-01T00:00:00', ts_end: '2026-01-02T00:00:00' });
    const before = (await ask(server, 'GET', `/benchmarks/${id}`)).text;
    const changes: [object, string[]][] = [
      [{ benchmark_spec: null }, ['benchmark_spec', 'setup']],
      [{ ts_end: '2025-01-01T00:00:00' }, ['ts_end']],
      [{ ts_start: '2027-01-01T00:00:00' }, ['ts_start']],
      [{ host_system_id: 999_999 }, ['host_system_id']],
      [{ foo: 1 }, ['foo']],
      [{ created_at: '2026-01-01T00:00:00' }, ['created_at']],
      [{ setup: 1 }, ['setup']],
    ];
    for (const [body, parameters] of changes) {
      expect(named(await ask(server, 'PATCH', `/benchmarks/${id}`, body))).toEqual([400, ...parameters]);
    }
    expect((await ask(server, 'GET', `/benchmarks/${id}`)).text).toBe(before);
  });
});

describe('events', () => {
  it('are stored with their time, by default the current one, and listed oldest first', async () => {
    const { id } = await made();
    const event = async (body: object): Promise<Event> => {
      const {
        status,
        headers,
        body: answer,
      } = await ask<Event>(server, 'POST', '/benchmarks/events', {
        benchmark_id: id,
        ...body,
      });
      expect([status, headers.get('location')]).toEqual([201, `/benchmarks/${id}/events`]);
      return answer;
    };
    const told = await event({ name: 'sync', phase: 'start', created_at: null });
    expect(told).toEqual({
      id: told.id,
      benchmark_id: id,
      name: 'sync',
      phase: 'start',
      created_at: expect.stringMatching(TIME) as string,
    });
    expect(Math.abs(Date.parse(told.created_at) - Date.now())).toBeLessThan(60_000);
    const dated = await event({ name: 'sync', phase: 'end', created_at: '2020-01-01T00:00:00.123456+01:00' });
    expect(dated.created_at).toBe('2019-12-31T23:00:00.123456Z');
    expect((await ask(server, 'GET', `/benchmarks/${id}/events`)).body).toEqual([dated, told]);
    expect((await ask(server, 'GET', `/benchmarks/${(await made()).id}/events/`)).body).toEqual([]);
  });

  it('are rejected if they are invalid', async () => {
    const refused: [object, string[]][] = [
      [{}, ['benchmark_id', 'name', 'phase']],
      [{ name: 'x', phase: 'start' }, ['benchmark_id']],
      [{ benchmark_id: 999_999, name: 'x', phase: 'start' }, ['benchmark_id']],
      [{ benchmark_id: '1', name: 'x', phase: 'start' }, ['benchmark_id']],
      [{ benchmark_id: 1, name: 'x'.repeat(256), phase: 'start' }, ['name']],
      [{ benchmark_id: 1, name: 'x', phase: 'middle' }, ['phase']],
      [{ benchmark_id: 1, name: 'x', phase: 'end', created_at: 'yesterday' }, ['created_at']],
      [{ benchmark_id: 1, name: 'x', phase: 'end', created_at: '9999-12-31T23:00:00-02:00' }, ['created_at']],
      [{ benchmark_id: 1, name: 'x', phase: 'end', id: 5 }, ['id']],
    ];
    for (const [body, parameters] of refused) {
      const answer = await ask(server, 'POST', '/benchmarks/events', body);
      expect([body, ...named(answer)]).toEqual([body, 400, ...parameters]);
    }
  });
});

describe('the routes of benchmarks', () => {
  it('return 404 if there is no such benchmark', async () => {
    for (const [method, path, body] of [
      ['GET', '', undefined],
      ['PATCH', '', { description: 'x' }],
      ['PATCH', '', {}],
      ['DELETE', '', undefined],
      ['GET', '/events', undefined],
      ['GET', '/targets', undefined],
      ['GET', '/profile', undefined],
    ] as const) {
      const answer = await ask<ProblemBody>(server, method, `/benchmarks/999999${path}`, body);
      expect([path, ...named(answer)]).toEqual([path, 404]);
      expect(answer.body.detail).toBe('There is no benchmark with this id.');
    }
  });

  it.each([
    ['GET', '/benchmarks/0', 'id'],
    ['GET', '/benchmarks/x', 'id'],
    ['GET', '/benchmarks/1.5', 'id'],
    ['GET', '/benchmarks/9007199254740993', 'id'],
    ['PATCH', '/benchmarks/-1', 'id'],
    ['DELETE', '/benchmarks/x', 'id'],
    ['GET', '/benchmarks/x/events', 'id'],
    ['GET', '/benchmarks?limit=0', 'limit'],
    ['GET', '/benchmarks?limit=1000001', 'limit'],
    ['GET', '/benchmarks?cursor=x', 'cursor'],
    ['GET', '/benchmarks?foo=1', 'foo'],
    ['GET', '/benchmarks/example?foo=1', 'foo'],
    ['GET', '/benchmarks/1?foo=1', 'foo'],
    ['POST', '/benchmarks?foo=1', 'foo'],
    ['DELETE', '/benchmarks/1?foo=1', 'foo'],
    ['GET', '/benchmarks/1/events?limits=1', 'limits'],
    ['GET', '/benchmarks/1/targets?limits=1', 'limits'],
    ['GET', '/benchmarks/1/profile?foo=1', 'foo'],
  ] as const)('name the parameter that they do not take: %s %s', async (method, path, parameter) => {
    const body = method === 'POST' || method === 'PATCH' ? SPEC : undefined;
    expect(named(await ask(server, method, path, body))).toEqual([400, parameter]);
  });

  it('accept a trailing slash', async () => {
    const created = await ask<Benchmark>(server, 'POST', '/benchmarks/', SPEC);
    expect(created.status).toBe(201);
    const path = `/benchmarks/${created.body.id}/`;
    const event = { benchmark_id: created.body.id, name: 'x', phase: 'start' };
    expect((await ask(server, 'POST', '/benchmarks/events/', event)).status).toBe(201);
    expect((await ask(server, 'GET', path)).body).toEqual(created.body);
    expect((await ask(server, 'GET', `${path}targets/`)).body).toEqual([]);
    expect((await ask(server, 'PATCH', path, {})).status).toBe(200);
    expect((await ask(server, 'DELETE', path)).status).toBe(204);
    expect((await ask(server, 'GET', '/benchmarks/')).status).toBe(200);
  });
});
