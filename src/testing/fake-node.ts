import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import { formatTimestamp, type JsonObject, toExactJson } from '../simulator/index.js';

export interface FakeNodeOptions extends ClientOptions {
  /** Whether it answers pings; `true` unless given. */
  autoPong?: boolean;
}

export interface SendOptions {
  /** Binary frames, as most nodes send them, unless `false`. */
  binary?: boolean;
  /** In how many frames the message goes; 1 unless given. */
  fragments?: number;
}

/** A message that the socket took: the close frame of the server had not been seen then. */
export interface SentMessage {
  readonly data: string | Buffer;
  readonly binary: boolean;
  /** When it was sent: milliseconds since the epoch. */
  readonly at: number;
  /** Whether it has been handed to the system whole. */
  written: boolean;
}

export interface Closing {
  /** 1005: without a code; 1006: without a close frame. */
  readonly code: number;
  readonly reason: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The server answered the handshake with an HTTP status. */
export class HandshakeRefusedError extends Error {
  override readonly name = 'HandshakeRefusedError';

  constructor(
    readonly status: number,
    readonly headers: IncomingMessage['headers'],
  ) {
    super(`The server refused the handshake with ${status}.`);
  }
}

/** A node for tests: a WebSocket client that sends what it is told to, well-formed or not, and keeps a record. */
export class FakeNode {
  /** How it ended; pending while it is open. Never rejects. */
  readonly closed: Promise<Closing>;
  /** What was sent before a close frame was seen, in order. */
  readonly sent: SentMessage[] = [];
  /** How many messages were refused because a close frame had been seen, or the socket was gone. */
  refused = 0;
  pings = 0;
  /** Whatever the server sent; nodes expect nothing. */
  readonly received: string[] = [];

  private constructor(
    /** The socket itself, for what is not covered here: `pause()`, `ping()` and the like. */
    readonly socket: WebSocket,
  ) {
    this.closed = new Promise((resolve) => {
      socket.on('close', (code, reason) => resolve({ code, reason: reason.toString(), at: Date.now() }));
    });
    // An error is followed by a close, which tests check.
    socket.on('error', () => undefined);
    socket.on('ping', () => (this.pings += 1));
    socket.on('message', (data: Buffer) => this.received.push(data.toString()));
  }

  /**
   * Connects.
   *
   * @throws HandshakeRefusedError when the server answers with an HTTP status
   * @throws Error of the system, such as ECONNREFUSED
   */
  static async connect(url: string, options: FakeNodeOptions = {}): Promise<FakeNode> {
    const socket = new WebSocket(url, { perMessageDeflate: false, handshakeTimeout: 10_000, ...options });
    const node = new FakeNode(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
      socket.once('unexpected-response', (request, response: IncomingMessage) => {
        response.resume();
        request.destroy();
        reject(new HandshakeRefusedError(response.statusCode ?? 0, response.headers));
      });
    });
    return node;
  }

  get isOpen(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  get sentCount(): number {
    return this.sent.length;
  }

  /**
   * Sends one message: an object as JSON, in which a bigint is a number of all its digits; a string or bytes as
   * they are. Resolves when it has been handed to the system.
   *
   * @throws Error when the socket is not open, or ends before all is written
   */
  async send(message: JsonObject | string | Buffer, options: SendOptions = {}): Promise<void> {
    const { binary = true, fragments = 1 } = options;
    const data = typeof message === 'string' || Buffer.isBuffer(message) ? message : toExactJson(message);
    if (!this.isOpen) {
      this.refused += 1;
      throw new Error(`The message was not sent: the socket is not open (after ${this.sentCount} messages).`);
    }
    const record: SentMessage = { data, binary, at: Date.now(), written: false };
    this.sent.push(record);
    const parts = split(Buffer.from(data), fragments);
    await Promise.all(parts.map((part, index) => this.sendFrame(part, binary, index === parts.length - 1)));
    record.written = true;
  }

  /** Sends part of a message; the next part, and the end of it with `fin`, is up to the caller. Not recorded. */
  sendFrame(part: Buffer, binary: boolean, fin: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.send(part, { binary, fin }, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** Sends in the flat envelope. `payload` holds `msg`. */
  sendV1(payload: JsonObject, ts = now(), options?: SendOptions): Promise<void> {
    return this.send({ level: 'INFO', ts, ...payload }, options);
  }

  /** Sends in the nested envelope, as the node `id` of this socket. `payload` holds `msg`. */
  sendV2(id: number, payload: JsonObject, ts = now(), options?: SendOptions): Promise<void> {
    return this.send({ id, ts, payload }, options);
  }

  /** Sends `system.connected`: flat, or nested when an id is given. */
  sendConnected(overrides: JsonObject = {}, id?: number): Promise<void> {
    const nested = id === undefined ? {} : { genesis_hash: `0x${'9'.repeat(64)}` };
    const payload: JsonObject = {
      msg: 'system.connected',
      name: 'fake-node',
      chain: 'Development',
      implementation: 'Tetcore Node',
      version: '2.1.2-6cd1f08-x86_64-linux-gnu',
      config: '',
      authority: false,
      network_id: '12D3KooWByVpK92hMi9CzTjyFg9cPHDU5ariTM3EPMq9vdh5S5Po',
      startup_time: '1612861200000',
      ...nested,
      ...overrides,
    };
    return id === undefined ? this.sendV1(payload) : this.sendV2(id, payload);
  }

  /** Closes the socket, and waits for the close frame of the server. */
  close(code = 1000, reason = ''): Promise<Closing> {
    this.socket.close(code, reason);
    return this.closed;
  }

  /** Ends the connection without a close frame, as a process that is killed. */
  terminate(): Promise<Closing> {
    this.socket.terminate();
    return this.closed;
  }

  /** Waits for the next ping of the server. */
  async nextPing(): Promise<void> {
    await once(this.socket, 'ping');
  }
}

/** The current time as `ts`. */
function now(): string {
  return formatTimestamp(Date.now(), 0, 0);
}

function split(bytes: Buffer, parts: number): Buffer[] {
  const size = Math.max(1, Math.ceil(bytes.length / parts));
  return Array.from({ length: parts }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}
