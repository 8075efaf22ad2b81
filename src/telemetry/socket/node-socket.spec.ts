import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { beforeEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import type { NodeConnection } from '../connection/node-connection.js';
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
  terminated = false;

  ping(): void {
    this.pings += 1;
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

  close(): void {
    this.readyState = this.CLOSING;
  }

  terminate(): void {
    this.terminated = true;
    this.readyState = 3;
    this.emit('close', 1006);
  }
}

describe('NodeSocket', () => {
  let ws: FakeWebSocket;
  let line: { bytesRead: number; remoteAddress: string };
  let node: NodeSocket;
  /** What it told the others, in order. */
  let told: string[];
  let ended: NodeConnection[];
  let fault: Error | undefined;

  beforeEach(() => {
    ws = new FakeWebSocket();
    line = { bytesRead: 300, remoteAddress: '127.0.0.1' };
    told = [];
    ended = [];
    fault = undefined;
    const context = {
      collectorId: 'c',
      intake: {
        accept: (connection: NodeConnection, { msg }: { msg: string | null }) => {
          if (fault !== undefined) throw fault;
          connection.heard(Date.now(), Date.now());
          told.push(`accept ${String(msg)}`);
        },
        reject: (_: unknown, __: unknown, about: { reason: string; connectionId: string | null }) => {
          told.push(`reject ${about.reason} of ${about.connectionId === null ? 'nobody' : 'a node'}`);
        },
        ended: (connection: NodeConnection) => ended.push(connection),
      },
      outcomes: {
        count: (path: string, outcome: string) => told.push(`${outcome} ${path}`),
        rejected: (path: string, reason: string) => told.push(`rejected ${path} ${reason}`),
      },
      metrics: {
        socketOpened: () => undefined,
        socketClosed: (path: string, reason: string) => told.push(`closed ${path} ${reason}`),
        nodeAdded: () => undefined,
        nodesEnded: (count: number) => told.push(`${count.toString()} nodes ended`),
        frame: () => undefined,
      },
      onEnd: () => told.push('end'),
      onFault: (error: unknown) => told.push(`fault ${String(error)}`),
    } as unknown as NodeSocketContext;
    const request = { socket: line } as unknown as IncomingMessage;
    node = new NodeSocket(ws as unknown as WebSocket, request, ENDPOINTS.submit, context);
  });

  const receive = (text: string): boolean => ws.emit('message', Buffer.from(text));
  const beat = (times = 1): void => {
    for (let count = 0; count < times; count += 1) node.beat(INTERVAL_MS, TIMEOUT_MS);
  };

  it('is pinged while a byte comes in time, and cut off when none does', () => {
    beat(2);
    line.bytesRead += 1;
    beat(2);
    line.bytesRead += 1;
    beat(2);
    expect([ws.pings, ws.terminated]).toEqual([6, false]);
    beat();
    expect([ws.pings, ws.terminated]).toEqual([6, true]);
    expect(told).toEqual(['closed / timeout', '0 nodes ended', 'end']);
  });

  it('has its whole time after a pause, in which nothing was read', () => {
    node.setPaused(true);
    beat(10);
    node.setPaused(false);
    beat(1);
    expect([ws.pings, ws.terminated]).toEqual([11, false]);
    beat(1);
    expect(ws.terminated).toBe(true);
  });

  it('is not pinged once it says goodbye, and is cut off if it never ends', () => {
    beat(1);
    node.close(1001, 'going away');
    beat(1);
    expect([ws.pings, ws.terminated]).toEqual([1, false]);
    beat(1);
    expect(ws.terminated).toBe(true);
    expect(told).toContain('closed / shutdown');
  });

  it('tells nodes apart by their id, and whose message is rejected where that can be read', () => {
    receive('{"id":1,"ts":"x","payload":{"msg":"a"}}');
    receive('{"id":1,"ts":"x","payload":{"msg":"a\\u0000"}}');
    receive('{"id":2,"ts":"x","payload":{"msg":"a\\u0000"}}');
    receive('{"msg":"b"}');
    receive('?');
    ws.terminate();
    expect(told).toEqual([
      'accept a',
      'reject nul_character of a node',
      'reject nul_character of nobody',
      'accept b',
      'reject invalid_json of a node',
      'closed / reset',
      '2 nodes ended',
      'end',
    ]);
    expect(ended.map((connection) => connection.snapshot(0))).toMatchObject([
      { envelopeId: 1, endReason: 'reset', endCode: 1006, path: '/submit' },
      { envelopeId: null, endReason: 'reset', endCode: 1006, path: '/submit' },
    ]);
  });

  it('loses one message to a fault of ours, and counts it', () => {
    fault = new Error('ours');
    receive('{"msg":"a"}');
    fault = undefined;
    receive('{"msg":"b"}');
    expect(told).toEqual(['rejected / internal_error', 'fault Error: ours', 'accept b']);
  });

  it.each([
    ['WS_ERR_UNSUPPORTED_MESSAGE_LENGTH', ['oversized /', 'closed / payload_too_large']],
    ['WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH', ['oversized /', 'closed / payload_too_large']],
    ['WS_ERR_UNEXPECTED_RSV_1', ['closed / protocol_error']],
    ['ECONNRESET', ['closed / reset']],
  ])('says why it ended after %s', (code, expected) => {
    ws.emit('error', Object.assign(new Error(code), { code }));
    ws.emit('close', 1006);
    expect(told).toEqual([...expected, '0 nodes ended', 'end']);
  });

  it('answers pings, but not of somebody who does not read the answers', () => {
    ws.emit('ping', Buffer.alloc(0));
    expect(ws.pongs).toBe(1);
    ws.bufferedAmount = 65_536;
    ws.emit('ping', Buffer.alloc(0));
    expect(ws.pongs).toBe(1);
    ws.bufferedAmount = 0;
    ws.emit('ping', Buffer.alloc(0));
    expect(ws.pongs).toBe(2);
  });
});
