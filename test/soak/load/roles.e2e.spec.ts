import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { Random } from '../../../src/simulator/random/random.js';
import { NUMBERED, peerIdOf } from '../../delivery/fleet/numbered-message.js';
import { readSlowly, visit } from './passing-roles.js';
import type { Seat } from './seat.js';
import { followNetwork, followNode, type Steady, type StoredNumber } from './steady-roles.js';

/** A feed that does with its sockets what a test wants. */
class Feed implements AsyncDisposable {
  private constructor(
    private readonly server: WebSocketServer,
    readonly ws: string,
  ) {}

  /** @param greet gets each socket with the first request on it */
  static async start(greet: (socket: WebSocket) => void): Promise<Feed> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    server.on('connection', (socket) => socket.once('message', () => greet(socket)));
    return new Feed(server, `ws://127.0.0.1:${(server.address() as { port: number }).port}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.server.clients) socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Sends messages of node 0 with these numbers. */
function sendNumbers(socket: WebSocket, numbers: readonly number[]): void {
  const data = numbers.map((number) => ({ node: 0, number, created_at: '2026-01-01T00:00:00.000000Z' }));
  socket.send(JSON.stringify({ peer_message: { peer_id: peerIdOf(0), msg: NUMBERED }, data }));
}

/** A place whose run ends with the first thing that is wrong, or when somebody was given up. */
function seatAt(ws: string): { seat: Seat; failures: string[]; dropped: () => number } {
  const failures: string[] = [];
  const over = new AbortController();
  let dropped = 0;
  const seat: Seat = {
    index: 0,
    ws,
    nodes: 1,
    random: new Random(1),
    pace: { visitMs: [50, 50], pauseMs: [10, 20] },
    signal: over.signal,
    opened: () => undefined,
    dropped: () => {
      dropped += 1;
      over.abort();
    },
    fail: (what) => {
      failures.push(what);
      over.abort();
    },
  };
  return { seat, failures, dropped: () => dropped };
}

/** What is wrong by what is stored. It does not take as long as somebody waits who lacks something. */
async function wrongWith(role: Steady, stored: readonly StoredNumber[]): Promise<string[]> {
  return [...(await role.check(stored)), ...(await role.follower.leave())];
}

const stored = (...numbers: number[]): StoredNumber[] =>
  numbers.map((number) => ({ node: 0, number, at: Date.now() + 1_000 }));

describe('a permanent subscriber', () => {
  it('accepts each message once', async () => {
    await using feed = await Feed.start((socket) => {
      sendNumbers(socket, [1, 2]);
      sendNumbers(socket, [3]);
    });
    const role = await followNode(seatAt(feed.ws).seat);
    expect(await wrongWith(role, [...stored(1, 2, 3), { node: 0, number: 0, at: 0 }])).toEqual([]);
  });

  it('reports missing and duplicate messages', async () => {
    await using feed = await Feed.start((socket) => sendNumbers(socket, [1, 3, 3]));
    const role = await followNode(seatAt(feed.ws).seat, 200);
    expect(await wrongWith(role, stored(1, 2, 3))).toEqual([
      'never got 2 of node 0',
      'got 3 of node 0 twice',
    ]);
  });

  it('reports the end of its socket, and errors', async () => {
    await using feed = await Feed.start((socket) => {
      sendNumbers(socket, [1]);
      socket.send('{"error":"no"}');
      socket.close(1011);
    });
    const role = await followNode(seatAt(feed.ws).seat);
    await role.follower.stay(5_000, new AbortController().signal);
    expect(await wrongWith(role, stored(1))).toEqual(['was told: no', 'was cut off with 1011']);
  });

  it('reports the nodes that it still has', async () => {
    await using feed = await Feed.start((socket) =>
      socket.send(
        JSON.stringify({ network: 'x', as_of: 'y', nodes: [{ id: 'a' }, { id: 'b' }], gone: ['a'] }),
      ),
    );
    const role = await followNetwork(seatAt(feed.ws).seat, 200);
    await once(role.follower.client.socket, 'message');
    expect(await wrongWith(role, [])).toEqual(['still sees 1 nodes that are gone']);
  });
});

describe('a temporary subscriber', () => {
  it('reports duplicate messages', async () => {
    await using feed = await Feed.start((socket) => sendNumbers(socket, [5, 6, 5]));
    const { seat, failures } = seatAt(feed.ws);
    await visit(seat);
    expect(failures).toEqual(['a visitor got 5 of node 0 twice']);
  });

  it('reports the end of its socket', async () => {
    await using feed = await Feed.start((socket) => socket.close(1013));
    const { seat, failures } = seatAt(feed.ws);
    await visit(seat);
    expect(failures).toEqual(['a visitor was cut off with 1013']);
  });
});

describe('a slow subscriber', () => {
  it.each([1013, 1006])('may not be closed with %i before it was stalled for long', async (code) => {
    await using feed = await Feed.start((socket) =>
      code === 1006 ? socket.terminate() : socket.close(code),
    );
    const { seat, failures, dropped } = seatAt(feed.ws);
    await readSlowly(seat);
    expect(failures).toEqual([`a slow reader was cut off with ${code}`]);
    expect(dropped()).toBe(0);
  });
});
