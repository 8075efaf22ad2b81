import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { frame, RawSocket, upgradeRequest } from '../support/raw-socket.js';
import { freePort } from '../support/free-port.js';
import { refusal } from '../support/refusal.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const PROBLEM = 'application/problem+json';

const stored = (database: TestDatabase, count: number, timeoutMs = 10_000): Promise<unknown> =>
  waitUntil(
    async () => {
      const [row] = await database.query<{ n: number }>('SELECT count(*)::int AS n FROM tetcore_logs');
      return row?.n === count;
    },
    { what: `${count.toString()} rows`, timeoutMs },
  );

describe('the heartbeat', () => {
  const beating = { HEARTBEAT_INTERVAL: '1', CLIENT_TIMEOUT_S: '1' };

  it('terminates an unresponsive node, and no other', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, beating);
    const connect = (autoPong: boolean): Promise<FakeNode> => FakeNode.connect(server.ws, { autoPong });
    const silent = await connect(false);
    await silent.sendV1({ msg: 'test.silent' });
    const quiet = await connect(true);
    const talking = await connect(false);
    const pinging = await connect(false);
    const uploading = await connect(false);
    const upload = Buffer.from(`{"msg":"test.upload","filler":"${'x'.repeat(47)}"}`);
    let uploaded = 0;
    const timer = setInterval(() => {
      void talking.sendV1({ msg: 'test.talk' });
      pinging.socket.ping();
      if (uploaded === upload.length) return;
      uploaded += 2;
      const last = uploaded === upload.length;
      void uploading.sendFrame(upload.subarray(uploaded - 2, uploaded), true, last);
    }, 100);
    try {
      expect((await silent.closed).code).toBe(1006);
      const others = [quiet, talking, pinging, uploading];
      await waitUntil(() => others.every((node) => node.pings >= 4), { what: 'four beats' });
      expect(others.map((node) => node.isOpen)).toEqual([true, true, true, true]);
      await waitUntil(
        async () =>
          (await database.query("SELECT 1 FROM tetcore_logs WHERE msg = 'test.upload'")).length === 1,
        { what: 'the upload', timeoutMs: 15_000 },
      );
    } finally {
      clearInterval(timer);
    }
    const ends = await database.query(
      `SELECT end_reason, end_code FROM peer_connections
        WHERE id = (SELECT peer_connection_id FROM tetcore_logs WHERE msg = 'test.silent')`,
    );
    expect(ends).toEqual([{ end_reason: 'timeout', end_code: 1006 }]);
    const closed = await server.metric('tetcore_sockets_closed_total');
    expect(Object.fromEntries(closed)).toEqual({ 'path="/",reason="timeout"': 1 });
  });

  it('does not terminate a node whose data the busy server has not read', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, beating);
    const node = await FakeNode.connect(server.ws);
    await node.nextPing();
    // The pong has been sent, and waits to be read.
    const until = performance.now() + 1_500;
    while (performance.now() < until);
    for (let beats = 0; beats < 2; beats += 1) await node.nextPing();
    expect(node.isOpen).toBe(true);
    await node.close();
  });
});

describe('a message over WS_MAX_PAYLOAD', () => {
  it.each([
    ['whole', 1],
    ['in fragments', 7],
  ])('closes its socket with close code 1009, and is counted: %s', async (_, fragments) => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { WS_MAX_PAYLOAD: '2048' });
    const node = await FakeNode.connect(`${server.ws}/audit`);
    const other = await FakeNode.connect(`${server.ws}/audit`);
    const base = JSON.stringify({ msg: 'test.large', filler: '' }).length;
    await node.send({ msg: 'test.large', filler: 'x'.repeat(2048 - base) }, { fragments });
    await node.send({ msg: 'test.large', filler: 'x'.repeat(2049 - base) }, { fragments });
    expect((await node.closed).code).toBe(1009);
    await stored(database, 1);
    await waitUntil(
      async () =>
        (await database.query('SELECT 1 FROM peer_connections WHERE end_reason = $1', ['payload_too_large']))
          .length === 1,
      { what: 'the end of the connection' },
    );
    const outcomes = Object.fromEntries(await server.metric('tetcore_messages_total'));
    expect(outcomes).toEqual({ 'path="/audit",outcome="stored"': 1, 'path="/audit",outcome="oversized"': 1 });
    expect(other.isOpen).toBe(true);
  });
});

describe('a path', () => {
  it('accepts nodes with and without a trailing slash or a query, and any other path is 404', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const known = ['', '/', '/?a=b', '/audit', '/audit/', '/audit/?a', '/submit', '/submit/', '//'];
    for (const path of known) {
      const node = await FakeNode.connect(server.ws + path);
      await node.sendV1({ msg: 'test.path' });
      await node.close();
    }
    await stored(database, known.length);
    for (const path of ['/elsewhere', '/audit/more', '/Audit', '/feed/more', '/%', '/nodes']) {
      const { status, headers } = await refusal(server.ws + path);
      expect([path, status, headers['content-type']]).toEqual([path, 404, PROBLEM]);
    }
    const raw = await RawSocket.connect(server.http);
    raw.write(upgradeRequest('/elsewhere'));
    const [, body = ''] = (await raw.ended).toString().split('\r\n\r\n');
    expect(JSON.parse(body)).toEqual({ type: 'about:blank', title: 'Not Found', status: 404 });
    expect(Object.fromEntries(await server.metric('tetcore_upgrades_refused_total'))).toEqual({
      'status="404",reason="unknown_path"': 7,
    });
  });

  it('closes the connection of a refused client that does not close it', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const raw = await RawSocket.connect(server.http);
    raw.onEnd = () => undefined;
    raw.write(upgradeRequest('/elsewhere'));
    const open = (): Promise<number> =>
      new Promise((resolve) => {
        server.server.app.getHttpServer().getConnections((_, count: number) => resolve(count));
      });
    await waitUntil(() => raw.text.includes('404'), { what: 'the answer' });
    await waitUntil(async () => (await open()) === 0, { what: 'the line to be cut' });
    raw.socket.destroy();
  });

  it('responds to HTTP with HTTP', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const about = await server.get('/');
    expect(about.status).toBe(200);
    expect(await about.json()).toMatchObject({ name: 'tetcore-analytics' });
    for (const path of ['/audit', '/audit/', '/submit']) {
      const answer = await server.get(path);
      expect([answer.status, answer.headers.get('upgrade')]).toEqual([426, 'websocket']);
      expect(answer.headers.get('content-type')).toContain(PROBLEM);
      expect(await answer.json()).toMatchObject({ status: 426 });
    }
    for (const path of ['/elsewhere', '/%', '/%E0%A4%A', '/nodes/x/y']) {
      const answer = await server.get(path);
      expect([path, answer.status]).toEqual([path, path.includes('%') ? answer.status : 404]);
      expect(answer.status).toBeLessThan(500);
      expect(answer.headers.get('content-type')).toContain(PROBLEM);
    }
    const post = (body: string): Promise<Response> =>
      fetch(`${server.http}/elsewhere`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/json' },
      });
    expect((await post('{')).status).toBe(400);
    const large = await post(JSON.stringify('x'.repeat(9_000_000)));
    expect([large.status, large.headers.get('content-type')?.split(';')[0]]).toEqual([413, PROBLEM]);
  });

  it('responds to an upgrade to HTTP/2 with HTTP/1.1', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const ask = async (request: string, body = ''): Promise<string> => {
      const raw = await RawSocket.connect(server.http);
      raw.write(
        `${request} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n` +
          'HTTP2-Settings: AAEAAEAAAAIAAAAA\r\nContent-Type: application/json\r\n' +
          `Content-Length: ${body.length.toString()}\r\n\r\n`,
      );
      for (const part of body) {
        await new Promise(setImmediate);
        raw.write(part);
      }
      return (await raw.ended).toString();
    };
    expect(await ask('GET /nodes')).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\n\[\]$/);
    expect(await ask('POST /elsewhere', '{"a": 1}')).toMatch(/^HTTP\/1\.1 404 /);
    expect(await ask('POST /elsewhere', '{"a": 1')).toMatch(/^HTTP\/1\.1 400 /);
  });

  it('responds to a handshake with a body as to HTTP', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    for (const [header, body] of [
      ['Content-Length: 2', '{}'],
      ['Transfer-Encoding: chunked', '2\r\n{}\r\n0\r\n\r\n'],
    ] as const) {
      const raw = await RawSocket.connect(server.http);
      raw.write(upgradeRequest('/audit', [header]), body);
      expect((await raw.ended).toString()).toMatch(/^HTTP\/1\.1 426 /);
    }
    const raw = await RawSocket.connect(server.http);
    raw.write(upgradeRequest('/audit', ['Content-Length: 0']));
    await waitUntil(() => raw.text.startsWith('HTTP/1.1 101 '), { what: 'the handshake' });
    raw.socket.destroy();
  });
});

describe('a database that is not there yet', () => {
  it('is waited for, alive and not ready, and created if it is missing', async () => {
    await using database = TestDatabase.missing();
    await using proxy = new TcpProxy(await freePort(), database.url);
    await using server = await TestServer.start(proxy.url);
    const refused = await refusal(server.ws);
    expect([refused.status, refused.headers['retry-after'], refused.headers['content-type']]).toEqual([
      503,
      '5',
      PROBLEM,
    ]);
    expect((await server.get('/health/live')).status).toBe(200);
    const unready = await server.get('/health/ready');
    expect([unready.status, unready.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await unready.json()).toMatchObject({ detail: 'The server is starting.' });
    expect((await server.get('/nodes')).status).toBe(503);
    expect((await server.get('/metrics')).status).toBe(200);

    await proxy.listen();
    await server.server.ready;
    expect((await server.get('/health/ready')).status).toBe(200);
    const node = await FakeNode.connect(server.ws);
    await node.sendConnected({ network_id: 'QmPatient' });
    await stored(database, 1);
    expect(await (await server.get('/nodes')).json()).toMatchObject([{ peer_id: 'QmPatient' }]);
    await node.close();
  });
});

describe('a full queue without a journal', () => {
  it('pauses all nodes, terminates none, and loses nothing', async () => {
    const MESSAGES = 500;
    const filler = 'x'.repeat(10_000);
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, {
      JOURNAL_MODE: 'off',
      QUEUE_MAX_MIB: '4',
      NUM_THREADS: '2',
      HEARTBEAT_INTERVAL: '1',
      CLIENT_TIMEOUT_S: '1',
    });
    const send = async (path: string): Promise<FakeNode> => {
      const node = await FakeNode.connect(server.ws + path);
      for (let number = 0; number < MESSAGES; number += 1) {
        void node.sendV1({ msg: 'test.numbered', number: `${path} ${number.toString()}`, filler });
      }
      return node;
    };
    const gauge = async (name: string): Promise<number | undefined> => (await server.metric(name)).get('');
    const locker = new pg.Client({ connectionString: database.url });
    await locker.connect();
    const nodes: FakeNode[] = [];
    try {
      await locker.query('BEGIN');
      await locker.query('LOCK TABLE logs_expiring IN ACCESS EXCLUSIVE MODE');
      nodes.push(await send('/'), await send('/submit'), await send('/?third'));
      await waitUntil(async () => (await gauge('tetcore_sockets_paused')) === 1, { what: 'the pause' });
      const unready = await server.get('/health/ready');
      expect(unready.status).toBe(503);
      expect(await unready.json()).toMatchObject({ detail: 'The delivery queue is full.' });
      expect((await server.get('/health/live')).status).toBe(200);
      // Whoever comes now is let in, and waits with the others.
      nodes.push(await send('/?late'));
      const pings = nodes.map((node) => node.pings + 3);
      await waitUntil(() => nodes.every((node, at) => node.pings >= (pings[at] ?? 0)), {
        what: 'three beats',
      });
      // Half of what was sent is held; the rest lies with the nodes and in the network.
      expect(await gauge('tetcore_queue_memory_bytes')).toBeLessThan(10 * 1024 * 1024);
      expect(nodes.map((node) => node.isOpen)).toEqual([true, true, true, true]);
    } finally {
      await locker.query('COMMIT');
      await locker.end();
    }
    await stored(database, 4 * MESSAGES, 20_000);
    const different = await database.query(
      `SELECT count(DISTINCT logs->>'number')::int AS different FROM tetcore_logs`,
    );
    expect(different).toEqual([{ different: 4 * MESSAGES }]);
    await waitUntil(async () => (await server.get('/health/ready')).ok, { what: 'the server to be ready' });
    expect(await gauge('tetcore_sockets_paused')).toBe(0);
    expect(nodes.map((node) => node.isOpen)).toEqual([true, true, true, true]);
    await Promise.all(nodes.map((node) => node.close()));
  });
});

describe('sockets of several clients', () => {
  it('leave nothing behind after hundreds of them', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const open = async (at: number): Promise<void> => {
      const raw = await RawSocket.open(server.ws);
      if (at % 2 === 0) raw.write(frame(`{"msg":"test.storm","number":${at.toString()}}`));
      if (at % 3 === 0) raw.socket.resetAndDestroy();
      else raw.write(frame(Buffer.from([0x03, 0xe8]), { opcode: 8 }));
      await raw.ended;
    };
    await Promise.all(Array.from({ length: 400 }, (_, at) => open(at)));
    const gauge = async (name: string): Promise<number> =>
      [...(await server.metric(name)).values()].reduce((sum, value) => sum + value, 0);
    await waitUntil(async () => (await gauge('tetcore_sockets')) === 0, { what: 'every socket to end' });
    expect(await gauge('tetcore_connections')).toBe(0);
    expect(await gauge('tetcore_sockets_opened_total')).toBe(400);
    expect(await gauge('tetcore_sockets_closed_total')).toBe(400);
    // A reset may overtake what was sent before it; a goodbye does not.
    await waitUntil(
      async () => {
        const [row] = await database.query<{ n: number }>(
          `SELECT count(*)::int AS n FROM tetcore_logs WHERE (logs->>'number')::int % 3 <> 0`,
        );
        return row?.n === 133;
      },
      { what: 'the messages before a goodbye' },
    );
    await waitUntil(
      async () =>
        (await database.query('SELECT 1 FROM peer_connections WHERE ended_at IS NULL')).length === 0,
      { what: 'the connections to have ended' },
    );
  });
});
