import { EventEmitter } from 'node:events';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { WebSocket } from 'ws';
import type { NodeIdentity } from '../../storage/index.js';
import { FrameMeter } from '../../platform/sockets/index.js';
import type { NodeConnection } from './node-connection.js';
import { NodeSocket, type NodeSocketContext } from './node-socket.js';
import { ENDPOINTS } from './telemetry-endpoint.js';

const INTERVAL_MS = 5_000;
const TIMEOUT_MS = 10_000;

/** As much of a WebSocket as a NodeSocket uses. */
class FakeWebSocket extends EventEmitter {
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readyState = 1;
  isPaused = false;
  bufferedAmount = 0;
  pongs = 0;
  pings = 0;
  /** What the last ping held. */
  pinged = '';
  terminated = false;
  closeFrame: string | undefined;

  ping(payload: string): void {
    this.pings += 1;
    this.pinged = payload;
  }

  pong(): void {
    this.pongs += 1;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(code: number, reason: string): void {
    this.readyState = this.CLOSING;
    this.closeFrame = `${code.toString()} ${reason}`;
  }

  terminate(): void {
    this.terminated = true;
    this.readyState = 3;
    this.emit('close', 1006);
  }
}

describe('NodeSocket', () => {
  let ws: FakeWebSocket;
  let tcpSocket: { bytesRead: number };
  let meter: FrameMeter;
  let node: NodeSocket;
  /** What it calls the others, in order. */
  let calls: string[];
  let ended: NodeConnection[];
  let fault: Error | undefined;
  /** Connections that were named. */
  let named: number;

  beforeEach(() => {
    ws = new FakeWebSocket();
    tcpSocket = { bytesRead: 300 };
    calls = [];
    ended = [];
    fault = undefined;
    named = 0;
    now = performance.now();
    const context = {
      clock: { now: () => Date.now() },
      collector: { nextConnectionId: () => (named += 1) },
      intake: {
        accept: (
          connection: NodeConnection,
          { msg }: { msg: string | null },
          greeting: NodeIdentity | null,
        ) => {
          if (fault !== undefined) throw fault;
          if (greeting !== null) connection.identify(greeting);
          connection.recordMessage(Date.now(), Date.now(), 16);
          calls.push(`accept ${String(msg)}`);
        },
        reject: (_: unknown, __: unknown, about: { reason: string; connectionId: number | null }) => {
          calls.push(`reject ${about.reason} of ${about.connectionId === null ? 'no connection' : 'a node'}`);
        },
        ended: (connection: NodeConnection) => ended.push(connection),
      },
      outcomes: {
        count: (path: string, outcome: string) => calls.push(`${outcome} ${path}`),
        rejected: (path: string, reason: string) => calls.push(`rejected ${path} ${reason}`),
      },
      metrics: {
        socketOpened: () => undefined,
        socketClosed: (path: string, reason: string) => calls.push(`closed ${path} ${reason}`),
        nodeAdded: () => undefined,
        connectionReplaced: (reason: string) => calls.push(`replaced ${reason}`),
        nodesEnded: (count: number) => calls.push(`${count.toString()} nodes ended`),
        frame: () => undefined,
      },
      limits: { firstFrameMs: 3_000, bytes: { bytesPerS: 100, windowS: 2 } },
      onTooManyBytes: (ipAddr: string) => calls.push(`too much from ${ipAddr}`),
      onEnd: () => calls.push('end'),
      onFault: (error: unknown) => calls.push(`fault ${String(error)}`),
    } as unknown as NodeSocketContext;
    meter = new FrameMeter();
    const at = { socket: tcpSocket, meter, ipAddr: '192.0.2.7' };
    node = new NodeSocket(ws as unknown as WebSocket, at, ENDPOINTS.submit, context);
  });

  const receive = (text: string): boolean => ws.emit('message', Buffer.from(text));
  const beat = (times = 1): void => {
    for (let count = 0; count < times; count += 1) node.heartbeat(INTERVAL_MS, TIMEOUT_MS);
  };

  const answerPing = (): boolean => ws.emit('pong', Buffer.from(ws.pinged));
  const rtt = (): number | null | undefined => ended[0]?.snapshot(0).rttUs;

  let now = 0;
  /** Looks once a second, from when it was opened. */
  const check = (times: number): void => {
    for (let count = 0; count < times; count += 1) node.checkLimits((now += 1_000));
  };

  it('sends pings while bytes arrive in time, and is terminated when none do', () => {
    beat(2);
    tcpSocket.bytesRead += 1;
    beat(2);
    tcpSocket.bytesRead += 1;
    beat(2);
    expect([ws.pings, ws.terminated]).toEqual([6, false]);
    beat();
    expect([ws.pings, ws.terminated]).toEqual([6, true]);
    expect(calls).toEqual(['closed / timeout', '0 nodes ended', 'end']);
  });

  it('starts its timeout anew after a pause', () => {
    node.setPaused(true);
    beat(10);
    node.setPaused(false);
    beat(1);
    expect([ws.pings, ws.terminated]).toEqual([11, false]);
    beat(1);
    expect(ws.terminated).toBe(true);
  });

  it('sends no ping after its close frame, and is terminated after the timeout', () => {
    beat(1);
    node.close(1001, 'going away');
    beat(1);
    expect([ws.pings, ws.terminated]).toEqual([1, false]);
    beat(1);
    expect(ws.terminated).toBe(true);
    expect(calls).toContain('closed / shutdown');
  });

  it('is closed when a message takes too long, but not while it is paused', () => {
    receive('{"msg":"a"}');
    meter.read(Buffer.from([0x82, 0xfe]));
    node.setPaused(true);
    check(100);
    node.setPaused(false);
    check(30);
    expect(ws.closeFrame).toBeUndefined();
    check(2);
    expect(ws.closeFrame).toBe('1008 message timeout');
    check(1);
    expect(calls).toContain('closed / message_timeout');
  });

  it('ends with too_many_fragments after an error of ws on the parts of a message', () => {
    ws.emit('error', Object.assign(new Error('x'), { code: 'WS_ERR_TOO_MANY_BUFFERED_PARTS' }));
    ws.terminate();
    expect(calls).toContain('closed / too_many_fragments');
  });

  it('reports the memory that it holds, and is terminated on eviction', () => {
    const text = 'x'.repeat(400);
    for (let id = 1; id <= 30; id += 1) {
      receive(`{"id":${id.toString()},"payload":{"msg":"system.connected","name":"${text}"}}`);
    }
    ws.bufferedAmount = 100;
    meter.read(Buffer.from([0x82, 0xfe]));
    const held = { sockets: 0, unfinished: 0, identities: 0, unsent: 0 };
    node.addHeld(held);
    expect(held.unsent).toBe(100);
    expect(held.unfinished).toBeGreaterThan(1_000);
    // 20 connections, and what 10 ids without one have said.
    expect(held.identities).toBeGreaterThan(20 * 2_500);
    expect(held.identities).toBeLessThan(100_000);
    node.evict();
    expect(ws.closeFrame).toBe('1013 memory limit');
    expect(calls).toContain('closed / memory_limit');
  });

  it('has a connection for each envelope id, also of rejected messages', () => {
    receive('{"id":1,"ts":"x","payload":{"msg":"a"}}');
    receive('{"id":1,"ts":"x","payload":{"msg":"a\\u0000"}}');
    receive('{"id":2,"ts":"x","payload":{"msg":"a\\u0000"}}');
    receive('{"msg":"b"}');
    receive('?');
    ws.terminate();
    expect(calls).toEqual([
      'accept a',
      'reject nul_character of a node',
      'reject nul_character of no connection',
      'accept b',
      'reject invalid_json of a node',
      'closed / reset',
      '2 nodes ended',
      'end',
    ]);
    expect(ended.map((connection) => connection.snapshot(0))).toMatchObject([
      { id: 1, envelopeId: 1, endReason: 'reset', endCode: 1006, path: '/submit' },
      { id: 2, envelopeId: null, endReason: 'reset', endCode: 1006, path: '/submit' },
    ]);
  });

  it('measures the round trip for its connections', () => {
    receive('{"msg":"a"}');
    beat();
    answerPing();
    ws.terminate();
    expect(rtt()).toBeGreaterThanOrEqual(0);
    expect(rtt()).toBeLessThan(1_000_000);
  });

  it.each<[string, () => void]>([
    [
      'paused when it is pinged',
      () => {
        node.setPaused(true);
        beat();
        node.setPaused(false);
      },
    ],
    [
      'paused before its pong comes',
      () => {
        beat();
        node.setPaused(true);
        node.setPaused(false);
      },
    ],
  ])('measures no round trip when it was %s', (_, pause) => {
    receive('{"msg":"a"}');
    pause();
    answerPing();
    ws.terminate();
    expect(rtt()).toBeNull();
  });

  it('evicts the connection of an id, and counts dropped messages', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
    for (let id = 1; id <= 81; id += 1) receive(`{"id":${id.toString()},"ts":"x","payload":{"msg":"a"}}`);
    clock.mockRestore();
    expect(calls.filter((text) => text === 'accept a')).toHaveLength(80);
    expect(calls.at(-1)).toBe('dropped /');
    expect(calls.filter((text) => text === 'replaced id_evicted')).toHaveLength(60);
    expect(ended.map((connection) => connection.origin.envelopeId)).toEqual(
      Array.from({ length: 60 }, (_, at) => at + 1),
    );
    ws.terminate();
    expect(calls).toContain('20 nodes ended');
  });

  it('replaces a connection when another node sends under its id', () => {
    const greet = (peer: string): boolean =>
      receive(`{"msg":"system.connected","network_id":"${peer}","chain":"C"}`);
    greet('X');
    receive('{"msg":"b"}');
    greet('Y');
    receive('{"msg":"c"}');
    ws.terminate();
    expect(calls).toEqual([
      'accept system.connected',
      'accept b',
      'replaced identity_changed',
      'accept system.connected',
      'accept c',
      'closed / reset',
      '1 nodes ended',
      'end',
    ]);
    expect(ended.map((connection) => connection.snapshot(0))).toMatchObject([
      { id: 1, peerId: 'X', endReason: 'identity_changed', endCode: null },
      { id: 2, peerId: 'Y', endReason: 'reset', endCode: 1006 },
    ]);
  });

  it('counts a message that could not be processed, and goes on', () => {
    fault = new Error('ours');
    receive('{"msg":"a"}');
    fault = undefined;
    receive('{"msg":"b"}');
    expect(calls).toEqual(['rejected / internal_error', 'fault Error: ours', 'accept b']);
  });

  it.each([
    ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', ['oversized /', 'closed / payload_too_large']],
    ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', ['oversized /', 'closed / payload_too_large']],
    ['WS_ERR_UNEXPECTED_RSV_1', ['closed / protocol_error']],
    ['ECONNRESET', ['closed / reset']],
  ])('has its end reason after %s', (code, expected) => {
    ws.emit('error', Object.assign(new Error(code), { code }));
    ws.emit('close', 1006);
    expect(calls).toEqual([...expected, '0 nodes ended', 'end']);
  });

  it('is closed without a message in time, where pauses do not count', () => {
    check(2);
    node.setPaused(true);
    check(10);
    node.setPaused(false);
    expect(ws.closeFrame).toBeUndefined();
    check(1);
    expect([ws.closeFrame, ws.terminated]).toEqual(['1008 no message', false]);
    check(1);
    expect(calls).toEqual(['closed / no_message', '0 nodes ended', 'end']);
  });

  it('may be silent after a message, even an invalid one', () => {
    receive('?');
    check(10);
    expect(ws.closeFrame).toBeUndefined();
  });

  it('is closed when it sends too much, and terminated one check later', () => {
    receive('{"msg":"a"}');
    tcpSocket.bytesRead += 201;
    check(1);
    expect([ws.closeFrame, ws.terminated]).toEqual(['1008 too many bytes', false]);
    receive('{"msg":"b"}');
    tcpSocket.bytesRead += 1_000;
    check(1);
    expect(calls).toEqual([
      'accept a',
      'too much from 192.0.2.7',
      'accept b',
      'closed / too_many_bytes',
      '1 nodes ended',
      'end',
    ]);
  });

  it('is terminated when it does not read', () => {
    ws.bufferedAmount = 65_536;
    check(1);
    expect(calls).toEqual(['closed / slow_reader', '0 nodes ended', 'end']);
  });

  it('keeps its close grace period when the server stops', () => {
    node.close(1001, 'going away');
    tcpSocket.bytesRead += 1_000_000;
    check(10);
    expect([ws.closeFrame, ws.terminated]).toEqual(['1001 going away', false]);
  });

  it('sends pongs, but not to a node that does not read them', async () => {
    for (const [unread, pongs] of [
      [0, 1],
      [65_536, 1],
      [0, 2],
    ] as const) {
      ws.bufferedAmount = unread;
      ws.emit('ping', Buffer.alloc(0));
      await endOfTurn();
      expect(ws.pongs).toBe(pongs);
    }
  });

  it('sends a pong after the messages before the ping are journaled', async () => {
    let pongsThen: number | undefined;
    setImmediate(() => (pongsThen = ws.pongs));
    ws.emit('ping', Buffer.alloc(0));
    await endOfTurn();
    expect(pongsThen).toBe(0);
    expect(ws.pongs).toBe(1);
  });
});
