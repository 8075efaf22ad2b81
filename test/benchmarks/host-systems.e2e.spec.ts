import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { typeNumber } from '../../src/storage/index.js';
import { batch, row, snapshot } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { ask, type JsonAnswer, named, type ProblemBody } from '../support/json-request.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

interface HostSystem {
  id: number;
  created_at: string;
  cpu_clock: number | null;
  cpu_qty: number | null;
  description: string;
  disk_info: string | null;
  os: string | null;
  ram_mb: number | null;
  cpu_name: string | null;
  arch: string | null;
  distro: string | null;
  kernel: string | null;
  is_virtual_machine: boolean | null;
  peer_id: string | null;
  details: Record<string, unknown> | null;
}

/** As the specification has it, and what of that is needed. */
const NEEDED = { cpu_clock: 2600, cpu_qty: 4, disk_info: 'NVME', os: 'freebsd', ram_mb: 8192 };
const SEED = { ...NEEDED, description: 'Any notes to go here' };
const NOT_GIVEN = {
  cpu_name: null,
  arch: null,
  distro: null,
  kernel: null,
  is_virtual_machine: null,
  peer_id: null,
  details: null,
};
const HOUR_MS = 3_600_000;

let database: TestDatabase;
let server: TestServer;
let storage: TestStorage;

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

async function post(body: object | string): Promise<JsonAnswer<HostSystem>> {
  return await ask<HostSystem>(server, 'POST', '/host_systems', body);
}

async function fromNode(body: object): Promise<JsonAnswer<HostSystem>> {
  return await ask<HostSystem>(server, 'POST', '/host_systems/from_node', body);
}

describe('a host system', () => {
  it('is created in the form of the specification, and returned', async () => {
    const { status, headers, body: host } = await post(SEED);
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/host_systems/${host.id}`);
    expect(host).toEqual({ ...SEED, ...NOT_GIVEN, id: host.id, created_at: host.created_at });
    expect(host.created_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect((await ask(server, 'GET', `/host_systems/${host.id}`)).body).toEqual(host);
    expect((await ask<HostSystem[]>(server, 'GET', '/host_systems')).body[0]).toEqual(host);
    expect((await post(NEEDED)).body.description).toBe('');
  });

  it('can have further details, with every digit', async () => {
    const answer = await post(
      `{"cpu_clock":2600,"cpu_qty":4,"disk_info":"NVME","os":"linux","ram_mb":8192,"is_virtual_machine":false,
        "cpu_name":"Some CPU","arch":"riscv64","distro":"Debian","kernel":"6.1","details":{"n":1152921504606846976,"m":1.50}}`,
    );
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      cpu_name: 'Some CPU',
      arch: 'riscv64',
      distro: 'Debian',
      kernel: '6.1',
      is_virtual_machine: false,
    });
    expect(answer.text).toContain('{"m": 1.50, "n": 1152921504606846976}');
  });

  it('is changed field by field: null clears, and omitted fields stay unchanged', async () => {
    const { body: host } = await post({ ...SEED, details: { rack: 7, row: 1 } });
    const change = async (body: object): Promise<HostSystem> =>
      (await ask<HostSystem>(server, 'PATCH', `/host_systems/${host.id}`, body)).body;
    expect(await change({})).toEqual(host);
    expect(await change({ ram_mb: 16_384, details: { rack: 8 } })).toEqual({
      ...host,
      ram_mb: 16_384,
      details: { rack: 8 },
    });
    const cleared = {
      cpu_clock: null,
      cpu_qty: null,
      disk_info: null,
      os: null,
      ram_mb: null,
      details: null,
    };
    expect(await change({ ...cleared, description: null })).toEqual({ ...host, ...cleared, description: '' });
  });

  it('is deleted unless benchmarks refer to it', async () => {
    const { body: host } = await post(SEED);
    const path = `/host_systems/${host.id}`;
    const run = { setup: {}, host_system_id: host.id };
    const { body: benchmark } = await ask<{ id: number }>(server, 'POST', '/benchmarks', run);
    const refused = await ask<ProblemBody>(server, 'DELETE', path);
    expect(named(refused)).toEqual([409]);
    expect(refused.body.detail).toContain('Benchmarks refer');
    await ask(server, 'DELETE', `/benchmarks/${benchmark.id}`);
    const deleted = await ask(server, 'DELETE', path);
    expect([deleted.status, deleted.text]).toEqual([204, '']);
    for (const method of ['GET', 'PATCH', 'DELETE'] as const) {
      const answer = await ask<ProblemBody>(server, method, path, method === 'PATCH' ? {} : undefined);
      expect([method, ...named(answer)]).toEqual([method, 404]);
      expect(answer.body.detail).toBe('There is no host system with this id.');
    }
  });

  it('may have empty texts, as in 0.1.4', async () => {
    const empty = { ...SEED, os: '', disk_info: '' };
    expect((await post(empty)).body).toMatchObject(empty);
  });

  it('is rejected with the reason if it is invalid', async () => {
    const refused: [object | string, string[]][] = [
      [{}, ['cpu_clock', 'cpu_qty', 'disk_info', 'os', 'ram_mb']],
      [{ ...SEED, os: null }, ['os']],
      [{ ...SEED, is_virtual_machine: 'true' }, ['is_virtual_machine']],
      [{ ...SEED, disk_info: 5 }, ['disk_info']],
      [{ ...SEED, cpu_clock: 0 }, ['cpu_clock']],
      [{ ...SEED, cpu_clock: 2600.5 }, ['cpu_clock']],
      [{ ...SEED, cpu_qty: '4' }, ['cpu_qty']],
      [{ ...SEED, ram_mb: 2 ** 31 }, ['ram_mb']],
      [{ ...SEED, description: {} }, ['description']],
      [{ ...SEED, is_virtual_machine: 'perhaps' }, ['is_virtual_machine']],
      [{ ...SEED, details: 'x' }, ['details']],
      [{ ...SEED, peer_id: 'x' }, ['peer_id']],
      [{ ...SEED, id: 1 }, ['id']],
      [JSON.stringify(SEED).replace('}', ',"details":{"a":"\\u0000"}}'), ['details']],
    ];
    for (const [body, parameters] of refused) {
      expect([body, ...named(await post(body))]).toEqual([body, 400, ...parameters]);
    }
    const { body: host } = await post(SEED);
    for (const [body, parameter] of [
      [{ ram_mb: -1 }, 'ram_mb'],
      [{ foo: 1 }, 'foo'],
      [{ peer_id: 'x' }, 'peer_id'],
    ] as const) {
      const answer = await ask(server, 'PATCH', `/host_systems/${host.id}`, body);
      expect(named(answer)).toEqual([400, parameter]);
    }
  });
});

describe('the list of host systems', () => {
  it('comes in pages, newest first', async () => {
    const ids: number[] = [];
    for (let count = 0; count < 4; count += 1) ids.unshift((await post(SEED)).body.id);
    const page = async (query: string): Promise<number[]> =>
      (await ask<HostSystem[]>(server, 'GET', `/host_systems?${query}`)).body.map(({ id }) => id);
    expect(await page('limit=2')).toEqual(ids.slice(0, 2));
    expect(await page(`limit=2&cursor=${ids[1]}`)).toEqual(ids.slice(2));
    for (const [query, parameter] of [
      ['limit=1000001', 'limit'],
      ['cursor=0', 'cursor'],
      ['foo=1', 'foo'],
    ]) {
      expect(named(await ask(server, 'GET', `/host_systems?${query}`))).toEqual([400, parameter]);
    }
  });
});

describe('a host system from the report of a node', () => {
  it('has the reported hardware, digit for digit, and the overriding fields', async () => {
    const node = await FakeNode.connect(server.ws);
    const sysinfo = {
      cpu: 'Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz',
      memory: 67_334_475_776n,
      core_count: 6,
      linux_kernel: '6.1.0-21-amd64',
      linux_distro: 'Debian GNU/Linux 12 (bookworm)',
      is_virtual_machine: false,
      serial: 1152921504606846976n,
    };
    const scores = { cpu_hashrate_score: 1027, memory_memcpy_score: 14_899, disk_random_write_score: 443 };
    const target = { target_os: 'linux', target_arch: 'x86_64', target_env: 'gnu' };
    await node.sendConnected({ network_id: 'QmReporting', name: 'alice', ...target, sysinfo }, 1);
    await node.sendV2(1, { msg: 'sysinfo.hwbench', ...scores });
    await waitUntil(
      async () =>
        (await (await server.get('/nodes/log_stats?peer_id=QmReporting')).text()).includes('hwbench'),
      { what: 'the scores' },
    );
    const answer = await fromNode({ peer_id: 'QmReporting' });
    const { status, headers, body: host } = answer;
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/host_systems/${host.id}`);
    expect(answer.text).toContain('"serial": 1152921504606846976');
    expect({ ...host, details: null }).toEqual({
      id: host.id,
      created_at: host.created_at,
      description: 'Reported by alice.',
      os: 'linux',
      cpu_qty: 6,
      cpu_clock: 3500,
      ram_mb: 64_215,
      disk_info: null,
      cpu_name: sysinfo.cpu,
      arch: 'x86_64',
      distro: sysinfo.linux_distro,
      kernel: sysinfo.linux_kernel,
      is_virtual_machine: false,
      peer_id: 'QmReporting',
      details: null,
    });
    expect(host.details).toMatchObject({ sysinfo: { core_count: 6 }, hwbench: scores, target_env: 'gnu' });
    expect(Object.keys(host.details?.hwbench as object).sort()).toEqual(Object.keys(scores).sort());
    expect((await ask(server, 'GET', `/host_systems/${host.id}`)).body).toEqual(host);

    const given = {
      disk_info: 'NVME',
      cpu_clock: 4000,
      kernel: null,
      description: 'mine',
      details: { rack: 7 },
    };
    expect((await fromNode({ peer_id: 'QmReporting', ...given })).body).toEqual({
      ...host,
      ...given,
      id: host.id + 1,
      created_at: expect.any(String) as string,
    });
    await node.close();
  });

  it('is from the newest connection with reported hardware, and the newest scores of all', async () => {
    const now = Date.now();
    const connection = (ageHours: number, sysinfo: string | null, score: number | null) => {
      const at = now - ageHours * HOUR_MS;
      const one = snapshot({
        peerId: 'QmReturning',
        createdAt: at,
        oldestCreatedAt: at,
        newestCreatedAt: at,
        endedAt: at,
        endReason: 'closed',
        types: score === null ? [] : [typeNumber('sysinfo.hwbench')],
        sysinfo,
      });
      const logs = JSON.stringify({
        msg: 'sysinfo.hwbench',
        ts: new Date(at).toISOString(),
        cpu_hashrate_score: score,
      });
      return {
        one,
        rows: score === null ? [] : [row({ at, connectionId: one.id, msg: 'sysinfo.hwbench', logs })],
      };
    };
    const all = [
      connection(5, '{"cpu":"AMD EPYC 7543P 32-Core Processor","core_count":32}', 5),
      connection(4, '{"cpu":"AMD EPYC 7443P 24-Core Processor","core_count":24,"memory":1e300}', 4),
      connection(3, null, 3),
      connection(2, null, null),
    ];
    await storage.store(
      batch({ connections: all.map(({ one }) => one), expiring: all.flatMap(({ rows }) => rows) }),
    );
    expect((await fromNode({ peer_id: 'QmReturning' })).body).toMatchObject({
      description: 'Reported by QmReturning.',
      cpu_name: 'AMD EPYC 7443P 24-Core Processor',
      cpu_qty: 24,
      cpu_clock: null,
      ram_mb: null,
      os: null,
      details: { hwbench: { cpu_hashrate_score: 3 } },
    });
  });

  it('stores everything that a node can report', async () => {
    const reports: Record<string, unknown>[] = [
      {
        cpu: 5,
        memory: 'much',
        core_count: -1,
        linux_kernel: {},
        linux_distro: [],
        is_virtual_machine: 'no',
      },
      { cpu: '', memory: 0, core_count: 2.4, is_virtual_machine: null },
      { cpu: '@ 999999GHz', memory: 2 ** 52, core_count: 2 ** 40 },
    ];
    for (const [index, sysinfo] of reports.entries()) {
      const peerId = `QmStrange${index}`;
      await storage.store(batch({ connections: [snapshot({ peerId, sysinfo: JSON.stringify(sysinfo) })] }));
      const { status, body } = await fromNode({ peer_id: peerId });
      expect([index, status, body.details]).toEqual([index, 201, { sysinfo }]);
    }
    const connections = [snapshot({ peerId: 'QmBuilt', targetOs: 'freebsd', targetArch: 'aarch64' })];
    await storage.store(batch({ connections }));
    expect((await fromNode({ peer_id: 'QmBuilt' })).body).toMatchObject({
      os: 'freebsd',
      arch: 'aarch64',
      details: {},
    });
  });

  it('cannot be created from an unknown node or one that has not reported its hardware', async () => {
    expect(named(await fromNode({ peer_id: 'QmUnheard' }))).toEqual([404]);
    await storage.store(batch({ connections: [snapshot({ peerId: 'QmSilent' })] }));
    const silent = (await fromNode({ peer_id: 'QmSilent' })) as unknown as JsonAnswer<ProblemBody>;
    expect(named(silent)).toEqual([409]);
    expect(silent.body.detail).toContain('has not reported its hardware');
    for (const [body, parameter] of [
      [{}, 'peer_id'],
      [{ peer_id: '' }, 'peer_id'],
      [{ peer_id: 'QmSilent', ram_mb: 'x' }, 'ram_mb'],
      [{ peer_id: 'QmSilent', foo: 1 }, 'foo'],
    ] as const) {
      expect(named(await fromNode(body))).toEqual([400, parameter]);
    }
  });
});

describe('the routes of host systems', () => {
  it('accept a trailing slash, and no unknown parameters', async () => {
    const { body: host, status } = await ask<HostSystem>(server, 'POST', '/host_systems/', SEED);
    expect(status).toBe(201);
    expect((await ask(server, 'GET', '/host_systems/')).status).toBe(200);
    const path = `/host_systems/${host.id}`;
    expect((await ask(server, 'GET', `${path}/`)).body).toEqual(host);
    expect(named(await ask(server, 'POST', '/host_systems/from_node/', {}))).toEqual([400, 'peer_id']);
    for (const [method, body] of [
      ['GET', undefined],
      ['PATCH', {}],
      ['DELETE', undefined],
    ] as const) {
      expect(named(await ask(server, method, `${path}?foo=1`, body))).toEqual([400, 'foo']);
      expect(named(await ask(server, method, '/host_systems/x', body))).toEqual([400, 'id']);
    }
    expect(named(await ask(server, 'POST', '/host_systems?foo=1', SEED))).toEqual([400, 'foo']);
    expect((await ask(server, 'DELETE', `${path}/`)).status).toBe(204);
  });
});
