import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import type { Random } from '../../../src/simulator/random/random.js';
import { servedBy } from '../../support/served-by.js';
import type { ChecksummedMessages } from './numbered-message.js';
import type { NodeRecord, SocketRecord } from './records.js';

/** Beyond so many bytes that the system has not taken, a node drops what it has to say, as real ones do. */
const MAX_UNSENT_BYTES = 65_536;
/** A ping follows so many messages, or so many milliseconds. */
const PING_MESSAGES = 8;
const PING_MS = 50;
const HANDSHAKE_MS = 20_000;
/** A node that went to another server goes home after this, or a server that is back would stay idle: milliseconds. */
const AWAY_MS = [500, 2_500] as const;

export interface NodeOptions {
  node: number;
  path: string;
  /** Of the servers: a node has one that is its own, goes to the next where that is lost, and soon back. */
  urls: readonly string[];
  /** Which servers of the ledger these are. */
  replicas: readonly number[];
  /** Between the end of a socket and the next attempt: milliseconds, at least and at most. */
  redialMs: readonly [number, number];
  /** The address that it comes from; the system chooses unless given. */
  localAddress?: string | undefined;
}

/** A node that numbers its messages, reconnects, and records every socket. */
export class NumberedNode {
  readonly record: NodeRecord;
  private socket: WebSocket | undefined;
  private tcp: Socket | undefined;
  private current: SocketRecord | undefined;
  private next = 1;
  private dials = 0;
  private sincePing = 0;
  private pingedAt = 0;
  private stopping = false;
  private redial: NodeJS.Timeout | undefined;
  private onStopped: () => void = () => undefined;

  constructor(
    private readonly options: NodeOptions,
    private readonly messages: ChecksummedMessages,
    private readonly random: Random,
  ) {
    const { node, path } = options;
    this.record = { node, path, audit: path.startsWith('/audit'), sockets: [], bad: new Map() };
  }

  get open(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  dial(): void {
    const { urls, replicas, path, node, localAddress } = this.options;
    const dialled = (node + this.dials) % urls.length;
    this.dials += 1;
    const socket = new WebSocket((urls[dialled] ?? '') + path, {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      localAddress,
    });
    this.socket = socket;
    let record: SocketRecord | undefined;
    let failed = false;
    let replica = replicas[dialled] ?? dialled;
    socket.on('error', () => (failed = true));
    socket.on('upgrade', ({ socket: tcp, headers }) => {
      this.tcp = tcp;
      // Behind a proxy there is one address for all servers.
      replica = servedBy(headers['x-served-by']) ?? replica;
      tcp.on('error', () => (failed = true));
    });
    socket.on('open', () => {
      record = this.opened(replica);
      this.current = record;
      this.send(this.messages.connected(node, this.next, this.nested));
      if (this.stopping) socket.close(1000);
      else if (dialled !== node % urls.length) this.goHomeSoon(socket);
    });
    socket.on('pong', (data) => record?.pongs.push({ number: Number(data.toString()), at: Date.now() }));
    socket.on('close', (code) => {
      if (record !== undefined) {
        record.endedAt = Date.now();
        if (record.end === 'broken' && !failed) record.end = endOf(code);
      }
      this.ended();
    });
  }

  /** Sends the next message. False where the system takes no more for now. */
  speak(now: number): boolean {
    const { socket } = this;
    if (socket === undefined || !this.open || socket.bufferedAmount >= MAX_UNSENT_BYTES) return false;
    this.send(this.messages.write(this.options.node, this.next, this.nested));
    if (this.sincePing >= PING_MESSAGES || now - this.pingedAt >= PING_MS) this.ping(now);
    return true;
  }

  /** Sends a message that the server has to reject. */
  speakBadly(): boolean {
    if (!this.open) return false;
    const { frame, reason } = this.messages.bad(this.options.node, this.next);
    this.record.bad.set(this.next, reason);
    this.send(frame);
    return true;
  }

  /** Breaks the socket off, as a computer does that crashes: with RST, whatever is under way. */
  reset(): void {
    if (!this.open || this.current === undefined) return;
    this.current.end = 'reset';
    this.tcp?.resetAndDestroy();
  }

  /** Closes the socket, and reconnects as after any end. @returns false if it is not connected */
  leave(): boolean {
    if (!this.open) return false;
    this.socket?.close(1000);
    return true;
  }

  /** Closes the socket, and waits for the close frame of the server. */
  async stop(limitMs: number): Promise<void> {
    this.stopping = true;
    clearTimeout(this.redial);
    if (this.socket === undefined) return;
    const stopped = new Promise<void>((resolve) => (this.onStopped = resolve));
    const limit = setTimeout(() => this.socket?.terminate(), limitMs);
    if (this.open) this.socket.close(1000);
    await stopped;
    clearTimeout(limit);
  }

  private get nested(): boolean {
    return this.options.node % 4 >= 2;
  }

  private goHomeSoon(socket: WebSocket): void {
    const [least, most] = AWAY_MS;
    setTimeout(
      () => {
        if (this.socket !== socket || !this.open) return;
        this.dials = 0;
        socket.close(1000);
      },
      least + this.random.fraction() * (most - least),
    );
  }

  private opened(replica: number): SocketRecord {
    const record: SocketRecord = {
      replica,
      openedAt: Date.now(),
      endedAt: Infinity,
      end: 'broken',
      first: this.next,
      last: this.next - 1,
      pongs: [],
    };
    this.record.sockets.push(record);
    this.sincePing = 0;
    return record;
  }

  private send(data: string | Buffer): void {
    if (this.current === undefined) return;
    this.current.last = this.next;
    this.next += 1;
    this.sincePing += 1;
    // Old nodes send text, newer ones bytes.
    this.socket?.send(data, { binary: this.nested || Buffer.isBuffer(data) });
  }

  private ping(now: number): void {
    this.socket?.ping((this.next - 1).toString());
    this.sincePing = 0;
    this.pingedAt = now;
  }

  private ended(): void {
    this.socket = undefined;
    this.current = undefined;
    this.onStopped();
    if (this.stopping) return;
    const [least, most] = this.options.redialMs;
    this.redial = setTimeout(() => this.dial(), least + this.random.fraction() * (most - least));
  }
}

function endOf(code: number): SocketRecord['end'] {
  if (code === 1000) return 'closed';
  return code === 1001 ? 'closed_by_server' : 'broken';
}
