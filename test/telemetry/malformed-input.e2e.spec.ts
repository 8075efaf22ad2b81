import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { frame, RawSocket, upgradeRequest } from '../support/raw-socket.js';
import { shuffled } from './shuffle.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const LIMIT = 262_144;
const SEED = 20_200_819;
const TS = '"ts":"2021-02-09T10:00:00Z"';

/** Texts and bytes that are no message, by the reason that they are rejected for. */
const REJECTED: Record<string, (string | Buffer)[]> = {
  invalid_json: [
    '',
    ' \n',
    'not JSON',
    '{"msg":"block.import"',
    '{"msg":1e}',
    "{'msg':'a'}",
    '{"a":NaN}',
    '\0',
    `{"msg":"${'x'.repeat(3000)}`,
    '['.repeat(100_000),
  ],
  not_an_object: ['[{"msg":"a"}]', '"msg"', '42', 'null', '[]'],
  invalid_utf8: [
    Buffer.from([0xff, 0xfe, 0xfd]),
    Buffer.concat([Buffer.from('{"msg":"'), Buffer.from([0xc3]), Buffer.from('"}')]),
    Buffer.concat([Buffer.from('{"msg":"'), Buffer.from([0xed, 0xa0, 0x80]), Buffer.from('"}')]),
  ],
  nul_character: [`{"msg":"a\\u0000b",${TS}}`, `{"id":1,${TS},"payload":{"msg":"a","\\u0000":1}}`],
  lone_surrogate: [`{"msg":"\\ud800",${TS}}`, `{"msg":"a","name":"\\udc00\\ud800",${TS}}`],
  number_out_of_range: [
    '{"msg":"a","n":1e400000}',
    '{"msg":"a","n":-1e-20000}',
    `{"msg":"a","n":${'9'.repeat(131_073)}}`,
  ],
  too_deep: [
    `{"msg":"a","n":${'['.repeat(5000)}${']'.repeat(5000)}}`,
    `{"msg":"a","n":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}}`,
  ],
};
const BAD = Object.entries(REJECTED).flatMap(([reason, items]) => items.map((data) => ({ reason, data })));

/** Strange, and a message all the same: stored as `test.numbered` or without a type. */
const STRANGE: ((number: number) => string | Buffer)[] = [
  (n) => `{"number":${n}}`,
  (n) => `{"number":${n},${TS}}`,
  (n) => `{"msg":"test.numbered","number":${n}}`,
  (n) => `{"msg":"test.numbered","number":${n},"ts":"yesterday"}`,
  (n) => `{"msg":"test.numbered","number":${n},"ts":17}`,
  (n) => `{"msg":"test.numbered","number":${n},"ts":"0001-01-01T00:00:00Z"}`,
  (n) => `{"msg":"test.numbered","number":${n},"ts":"9999-12-31T23:59:59Z"}`,
  (n) => `{"msg":{"a":[]},"number":${n}}`,
  (n) => `{"msg":"test.numbered","number":${n},"n":1e400}`,
  (n) => `{"msg":"test.numbered","number":${n},"n":-1.5E-400}`,
  (n) => `{"msg":"test.numbered","number":${n},"n":${'9'.repeat(131_072)}}`,
  (n) => `{"msg":"test.numbered","number":0,"number":${n},"msg":"test.numbered"}`,
  (n) => `{"__proto__":{"number":0},"constructor":1,"msg":"test.numbered","number":${n}}`,
  (n) => `{"msg":"test.numbered","number":${n},"n":${'['.repeat(900)}${']'.repeat(900)}}`,
  (n) => `{"id":-1,"payload":{},"msg":"test.numbered","number":${n}}`,
  (n) => `{"msg":"test.numbered","number":${n},"${'k'.repeat(70_000)}":"\\\\u0000\\t\\n"}`,
  (n) => `\ufeff{"msg":"test.numbered","number":${n},"name":"\\ud83d\\ude00😀"} \r\n`,
  (n) => `{"msg":"system.connected","number":${n},"network_id":7,"startup_time":"-1","sysinfo":[]}`,
  (n) => `{"msg":"system.network_state","number":${n},"state":"{\\"peerId\\":\\"\\\\u0000\\"}"}`,
];

interface Expected {
  numbers: number[];
  rejected: { reason: string; data: Buffer }[];
  received: Map<string, number>;
}

describe('malformed input', () => {
  let database: TestDatabase;
  let server: TestServer;
  let next = 0;
  const expected: Expected = { numbers: [], rejected: [], received: new Map() };

  beforeAll(async () => {
    database = await TestDatabase.create();
    server = await TestServer.ready(database.url, { WS_MAX_PAYLOAD: LIMIT.toString() });
  });

  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await database[Symbol.asyncDispose]();
  });

  const counted = (path: string, messages = 1): void => {
    const name = path.startsWith('/audit') ? '/audit' : '/';
    expected.received.set(name, (expected.received.get(name) ?? 0) + messages);
  };
  const number = (path: string): number => {
    counted(path);
    next += 1;
    expected.numbers.push(next);
    return next;
  };
  const good = (path: string): Buffer => {
    const ts = new Date().toISOString();
    return Buffer.from(`{"msg":"test.numbered","ts":"${ts}","level":"INFO","number":${number(path)}}`);
  };

  /** A node that stays: ten good messages for a bad or a strange one. */
  async function mixed(path: string, seed: number): Promise<FakeNode> {
    const node = await FakeNode.connect(server.ws + path);
    const bad = BAD.map(({ reason, data }) => () => {
      counted(path);
      expected.rejected.push({ reason, data: Buffer.from(data) });
      return data;
    });
    const strange = STRANGE.map((make) => () => make(number(path)));
    const few = [...bad, ...strange];
    const many = Array.from({ length: 10 * few.length }, () => () => good(path));
    for (const [at, make] of shuffled([...few, ...many], seed).entries()) {
      const data = make();
      // An empty message is one frame.
      const fragments = at % 4 === 0 && data.length > 3 ? 3 : 1;
      void node.send(data, { binary: at % 3 !== 0, fragments });
      if (at % 50 === 0) await new Promise(setImmediate);
    }
    return node;
  }

  /** A client that breaks the protocol right behind five good messages, in one write. */
  async function rude(path: string, violation: Buffer): Promise<RawSocket> {
    const socket = await RawSocket.open(server.ws + path);
    socket.write(...Array.from({ length: 5 }, () => frame(good(path))), violation);
    return socket;
  }

  const outcomes = async (path: string): Promise<number> =>
    [...(await server.metric('tetcore_messages_total'))]
      .filter(([labels]) => labels.includes(`path="${path}"`))
      .reduce((sum, [, value]) => sum + value, 0);

  it('ends no process, affects no other node, and neither loses nor doubles a message', async () => {
    const half = Buffer.from('{"msg":"test.numbered","number":-1');
    const tooLarge = Buffer.alloc(LIMIT + 1, 0x20);
    const piece = Buffer.alloc(LIMIT / 2 + 1, 0x20);
    const violations: [code: number, counts: number, violation: Buffer][] = [
      [1009, 1, frame(tooLarge)],
      [1009, 1, Buffer.concat([frame(piece, { fin: false }), frame(piece, { opcode: 0 })])],
      [1009, 1, frame('x', { length: 1n << 40n })],
      [1009, 1, frame('x', { length: (1n << 63n) - 1n })],
      [1002, 0, frame('{"msg":"a"}', { rsv1: true })],
      [1002, 0, frame('{"msg":"a"}', { masked: false })],
      [1002, 0, frame('{"msg":"a"}', { opcode: 3 })],
      [1002, 0, frame('{"msg":"a"}', { opcode: 0 })],
      [1002, 0, Buffer.concat([frame('{', { fin: false }), frame('}')])],
      [1002, 0, frame('x'.repeat(126), { opcode: 9 })],
      [1002, 0, frame(Buffer.from([0x03]), { opcode: 8 })],
      [1002, 0, frame(Buffer.from([0xff, 0xff]), { opcode: 8 })],
    ];
    const cases = violations.flatMap((violation) =>
      ['/', '/audit', '/submit/'].map((path) => [path, ...violation] as const),
    );

    // Those that never get as far as a WebSocket, and those that are gone without a word.
    const garbage = await Promise.all(
      [
        Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03]),
        'SSH-2.0-OpenSSH_9.6\r\n\r\n',
        upgradeRequest('/').replace('Sec-WebSocket-Key', 'X-Key'),
        upgradeRequest('/').replace('Version: 13', 'Version: 0'),
        upgradeRequest('/').replace('GET', 'POST'),
        upgradeRequest('/%'),
        upgradeRequest('/', [`Flood: ${'x'.repeat(100_000)}`]),
        upgradeRequest(
          '/',
          Array.from({ length: 5_000 }, (_, at) => `F${at.toString()}: 1`),
        ),
      ].map(async (bytes) => {
        const socket = await RawSocket.connect(server.http);
        socket.write(bytes);
        return socket;
      }),
    );
    const halfOpen = await RawSocket.open(server.ws);
    halfOpen.write(frame(good('/')), frame(half, { fin: false }));
    const unfinished = await RawSocket.open(`${server.ws}/audit`);
    unfinished.write(frame(good('/audit')), frame(half).subarray(0, 20));

    const [nodes, sockets] = await Promise.all([
      Promise.all(['/', '/audit', '/submit/', '/'].map((path, at) => mixed(path, SEED + at))),
      Promise.all(
        shuffled(cases, SEED).map(async ([path, code, counts, violation]) => {
          const socket = await rude(path, violation);
          counted(path, counts);
          expect(await socket.closeCode()).toBe(code);
          return socket;
        }),
      ),
    ]);
    expect(sockets).toHaveLength(cases.length);
    for (const socket of garbage) {
      expect((await socket.ended).toString()).toMatch(/^HTTP\/1\.1 4\d\d /);
    }
    unfinished.socket.resetAndDestroy();

    for (const path of ['/', '/audit']) {
      await waitUntil(async () => (await outcomes(path)) === expected.received.get(path), {
        what: `an outcome for each message of ${path}`,
        timeoutMs: 20_000,
      });
      const received = await server.metric('tetcore_messages_received_total');
      expect(received.get(`path="${path}"`)).toBe(expected.received.get(path));
    }
    for (const node of nodes) {
      expect(node.isOpen).toBe(true);
      await node.close();
    }
    halfOpen.socket.destroy();
    expect((await server.get('/health/ready')).status).toBe(200);
  });

  it('is stored once if it is a message', async () => {
    const rows = await database.query<{ number: number; times: number }>(
      `SELECT (logs->>'number')::int AS number, count(*)::int AS times FROM tetcore_logs GROUP BY 1 ORDER BY 1`,
    );
    expect(rows.map((row) => row.number)).toEqual(expected.numbers.toSorted((a, b) => a - b));
    expect(rows.filter((row) => row.times !== 1)).toEqual([]);
  });

  it('is rejected if it is not, with its reason, size and beginning', async () => {
    const rows = await database.query<{ reason: string; size: number; head: Buffer; path: string }>(
      'SELECT reason, size, head, path FROM rejected_messages',
    );
    const known = (reason: string, size: number, head: Buffer): string =>
      `${reason} ${size.toString()} ${head.toString('base64')}`;
    const byReason = BAD.map(({ reason }): [string, number] => [
      `reason="${reason}"`,
      expected.rejected.filter((message) => message.reason === reason).length,
    ]);
    expect(await server.metric('tetcore_messages_rejected_total')).toEqual(new Map(byReason));
    // Of more than a hundred in a second only the number is kept.
    const left = (await server.metric('tetcore_rejected_messages_not_kept_total')).get('') ?? 0;
    expect(rows.length + left).toBe(expected.rejected.length);
    const heads = new Set(
      expected.rejected.map(({ reason, data }) => known(reason, data.length, data.subarray(0, 1024))),
    );
    const kept = rows.map(({ reason, size, head }) => known(reason, size, head));
    expect(kept.filter((row) => !heads.has(row))).toEqual([]);
    if (left === 0) expect(new Set(kept)).toEqual(heads);
    expect(new Set(rows.map(({ path }) => path))).toEqual(new Set(['/', '/audit', '/submit']));
  });

  it('ends each socket with its reason', async () => {
    const reasons = await waitUntil(
      async () => {
        const rows = await database.query<{ reason: string | null; n: number }>(
          'SELECT end_reason AS reason, count(*)::int AS n FROM peer_connections GROUP BY 1 ORDER BY 1',
        );
        return rows.every(({ reason }) => reason !== null) ? rows : undefined;
      },
      { what: 'every connection to have ended' },
    );
    expect(Object.fromEntries(reasons.map(({ reason, n }) => [reason, n]))).toEqual({
      closed: 4,
      payload_too_large: 12,
      protocol_error: 24,
      reset: 2,
    });
  });
});

describe('a message that only the database rejects', () => {
  it('is stored as rejected, and the rest of its batch is stored', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { DB_SAVE_LATENCY_MS: '200' });
    await database.query(`
      CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE 'refused' USING ERRCODE = '22P05'; END $$`);
    await database.query(`
      CREATE TRIGGER refuse BEFORE INSERT ON logs_expiring FOR EACH ROW
        WHEN (NEW.logs->>'msg' = 'test.refused') EXECUTE FUNCTION refuse()`);
    const node = await FakeNode.connect(`${server.ws}/submit`);
    for (let number = 0; number < 30; number += 1) {
      await node.sendV1({ msg: number % 10 === 3 ? 'test.refused' : 'test.numbered', number });
    }
    await waitUntil(
      async () => {
        const total = await server.metric('tetcore_messages_total');
        return (
          total.get('path="/",outcome="stored"') === 27 && total.get('path="/",outcome="rejected"') === 3
        );
      },
      { what: 'an outcome for all' },
    );
    const stored = await database.query(
      `SELECT count(*)::int AS n, count(DISTINCT logs->>'number')::int AS different FROM tetcore_logs`,
    );
    expect(stored).toEqual([{ n: 27, different: 27 }]);
    const rejected = await database.query<{ reason: string; size: number; head: Buffer }>(
      'SELECT reason, size, head FROM rejected_messages',
    );
    expect(rejected).toHaveLength(3);
    for (const { reason, size, head } of rejected) {
      expect(reason).toBe('refused_by_database_22P05');
      expect(size).toBe(head.length);
      expect(JSON.parse(head.toString())).toMatchObject({ msg: 'test.refused' });
    }
    await node.close();
  });
});
