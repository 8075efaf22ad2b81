import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { frame, RawSocket } from '../support/raw-socket.js';
import { TestServer } from '../support/test-server.js';
import { waitUntil } from '../support/wait-until.js';

const CLOSED = 'tetcore_sockets_closed_total';
const HELD = 'tetcore_sockets_held_bytes';
const KIB = 1024;

async function counted(server: TestServer, name: string): Promise<Record<string, number>> {
  return Object.fromEntries(await server.metric(name));
}

async function valueOf(server: TestServer, name: string, labels = ''): Promise<number> {
  return (await server.metric(name)).get(labels) ?? 0;
}

async function stored(database: TestDatabase, msg: string): Promise<number> {
  const [row] = await database.query<{ n: number }>(
    'SELECT count(*)::int AS n FROM tetcore_logs WHERE msg = $1',
    [msg],
  );
  return row?.n ?? 0;
}

describe('a message', () => {
  it.each([1_460, 536])('of 512 KiB is accepted in segments of %i bytes', async (segment) => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const raw = await RawSocket.open(server.ws);
    raw.socket.setNoDelay(true);
    const start = '{"msg":"test.large","filler":"';
    const message = `${start}${'x'.repeat(512 * KIB - start.length - 2)}"}`;
    const bytes = frame(message);
    for (let at = 0; at < bytes.length; at += segment) {
      raw.write(bytes.subarray(at, at + segment));
      // In chunks of their own.
      if (at % 8 === 0) await sleep(0);
    }
    await waitUntil(async () => (await stored(database, 'test.large')) === 1, { what: 'the message' });
    raw.socket.destroy();
  });

  it('is accepted in 64 frames, and closes its socket in more', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    const node = await FakeNode.connect(server.ws);
    await node.send({ msg: 'test.fragments', filler: 'x'.repeat(640) }, { fragments: 64 });
    await waitUntil(async () => (await stored(database, 'test.fragments')) === 1, { what: 'the message' });
    await node
      .send({ msg: 'test.fragments', filler: 'x'.repeat(640) }, { fragments: 65 })
      .catch(() => undefined);
    expect((await node.closed).code).toBe(1008);
    await waitUntil(
      async () => (await counted(server, CLOSED))['path="/",reason="too_many_fragments"'] === 1,
      {
        what: 'the reason to be counted',
      },
    );
    const ended = "SELECT FROM peer_connections WHERE end_reason = 'too_many_fragments'";
    await waitUntil(async () => (await database.query(ended)).length === 1, { what: 'the end of the node' });
  });

  it('with too many fragments closes its socket on each path, including the feed', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url);
    for (const path of ['/', '/audit', '/submit', '/feed']) {
      const raw = await RawSocket.open(server.ws + path);
      raw.write(
        frame('{', { fin: false }),
        ...Array.from({ length: 100 }, () => frame(' ', { opcode: 0, fin: false })),
      );
      expect(await raw.closeCode(), path).toBe(1008);
    }
    expect(await counted(server, 'tetcore_feed_sockets_closed_total')).toEqual({
      'reason="too_many_fragments"': 1,
    });
  });

  it('with too many chunks for its size closes its socket', { timeout: 60_000 }, async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { WS_MAX_PAYLOAD: '16384' });
    const raw = await RawSocket.open(server.ws);
    raw.socket.setNoDelay(true);
    let isOver = false;
    void raw.ended.then(() => (isOver = true));
    raw.write(frame('', { length: 16_000n }));
    await waitUntil(
      () => {
        if (!isOver) raw.write('x');
        return Promise.resolve(isOver);
      },
      { what: 'the end of the socket', timeoutMs: 50_000, everyMs: 1 },
    );
    expect(await counted(server, CLOSED)).toEqual({ 'path="/",reason="too_many_fragments"': 1 });
  });
});

describe('the memory of all sockets', () => {
  it('is limited: the largest are closed, and a regular node loses nothing', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { SOCKETS_MAX_MIB: '16' });
    const good = await FakeNode.connect(server.ws);
    await good.sendConnected({ network_id: 'QmGood' });
    const greeting = { msg: 'system.connected', sysinfo: { cpu: 'x'.repeat(16_000) } };
    const hoarder = await FakeNode.connect(server.ws);
    for (let id = 1; id <= 20; id += 1) await hoarder.sendV2(id, greeting);
    await waitUntil(async () => (await valueOf(server, HELD, 'kind="identities"')) > 600_000, {
      what: 'what nodes say of themselves to be counted',
    });
    const unfinished = await Promise.all(Array.from({ length: 60 }, () => RawSocket.open(server.ws)));
    for (const raw of unfinished) raw.write(frame(Buffer.alloc(400 * KIB), { length: BigInt(500 * KIB) }));
    await waitUntil(
      async () => (await valueOf(server, 'tetcore_sockets_evicted_total', 'socket="node"')) >= 20,
      {
        what: 'sockets to be evicted',
      },
    );
    await good.sendV1({ msg: 'test.good' });
    await waitUntil(async () => (await stored(database, 'test.good')) === 1, { what: 'the message' });
    expect(good.isOpen).toBe(true);
    expect((await hoarder.closed).code).toBe(1013);
    await waitUntil(
      async () => {
        const held = Object.values(await counted(server, HELD));
        return held.reduce((sum, bytes) => sum + bytes, 0) <= 16 * KIB ** 2;
      },
      { what: 'no more to be held than may be' },
    );
    expect(await valueOf(server, 'tetcore_sockets_held_max_bytes')).toBe(16 * KIB ** 2);
    for (const raw of unfinished) raw.socket.destroy();
  });

  it('includes requests: large bodies that do not end are closed', async () => {
    await using database = await TestDatabase.create();
    await using server = await TestServer.ready(database.url, { SOCKETS_MAX_MIB: '16' });
    const post =
      'POST /benchmarks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 8000000\r\n\r\n';
    const bodies = await Promise.all(Array.from({ length: 10 }, () => RawSocket.connect(server.http)));
    for (const raw of bodies) raw.write(post, Buffer.alloc(2_000_000, ' '));
    await waitUntil(
      async () => (await valueOf(server, 'tetcore_sockets_evicted_total', 'socket="http"')) >= 5,
      {
        what: 'requests to be evicted',
      },
    );
    for (const raw of bodies) raw.socket.destroy();
  });
});
