import { WebSocket } from 'ws';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { Host } from '../world/population.js';

export interface SocketClientOptions {
  /** Where nodes connect to; the path of the host is put after it. */
  url: string;
  host: Host;
  /** How many times faster than in reality the simulated time goes. */
  speed: number;
  /** Whether a sender waits for a slow or lost connection, rather than that messages are dropped. */
  patient: boolean;
  /** Draws the times to wait before dialling again. */
  random: Random;
  /** The simulated time: milliseconds since the epoch. */
  now: () => number;
  /** Told whenever a connection could not be made. */
  onUnreachable?: (url: string, reason: string) => void;
}

/** Bytes that wait in one socket, beyond which a node drops what it says, as real ones do. */
const MAX_BUFFERED = 4 * 1024 * 1024;
/** Bytes and messages that wait, beyond which a patient one holds its sender back. */
const PATIENT_BUFFERED = 1024 * 1024;
const PATIENT_PENDING = 1_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** The shortest time before it dials again, however fast simulated time goes. */
const MIN_REDIAL_MS = 20;

/**
 * The socket of one host. It is dialled when the host connects, and again, after a while, whenever the connection is
 * lost; then `system.connected` of each node goes first. What nodes say in between is gone, unless it is patient.
 */
export class SocketClient {
  /** Messages handed to the socket, and messages that had nowhere to go. */
  sent = 0;
  missed = 0;
  /** Connections made, and those of them that ended without our doing. */
  opened = 0;
  lost = 0;
  readonly url: string;
  private socket: WebSocket | undefined;
  private redial: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly introduced = new Set<SimulatedNode>();
  private readonly closing = new Set<Promise<void>>();
  /** What waits for the connection that is being made. */
  private pending: string[] = [];
  private wake: (() => void) | undefined;

  constructor(private readonly options: SocketClientOptions) {
    this.url = urlOf(options.url, options.host.path);
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Nodes that have an open connection. */
  get connectedNodes(): number {
    return this.isOpen ? this.introduced.size : 0;
  }

  /** The host connects. */
  connect(): void {
    if (!this.stopped) this.dial();
  }

  /** The host disconnects, after what is still to be sent; a server that does not answer is not waited for long. */
  disconnect(): void {
    clearTimeout(this.redial);
    const { socket, pending } = this;
    this.socket = undefined;
    this.pending = [];
    this.introduced.clear();
    if (socket?.readyState === WebSocket.CONNECTING && this.options.patient) {
      let isSent = false;
      socket.once('open', () => {
        for (const text of pending) this.transmit(socket, text);
        isSent = true;
        socket.close(1000);
      });
      socket.once('close', () => (this.missed += isSent ? 0 : pending.length));
    } else {
      this.missed += pending.length;
      socket?.close(1000);
    }
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    const closed = new Promise<void>((resolve) => {
      const deadline = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      socket.once('close', () => {
        clearTimeout(deadline);
        resolve();
      });
    });
    this.closing.add(closed);
    void closed.then(() => this.closing.delete(closed));
  }

  /** Sends a message, or notes that it is gone. A promise is for a patient sender to wait for. */
  deliver(node: SimulatedNode, text: string): void | Promise<void> {
    if (this.stopped) return undefined;
    this.introduced.add(node);
    const { socket, options } = this;
    const open = socket?.readyState === WebSocket.OPEN;
    if (!open && (socket?.readyState === WebSocket.CONNECTING || options.patient)) {
      this.pending.push(text);
      return options.patient && this.pending.length > PATIENT_PENDING ? this.untilOpen() : undefined;
    }
    if (!open || (!options.patient && socket.bufferedAmount > MAX_BUFFERED)) {
      this.missed += 1;
      return undefined;
    }
    if (options.patient && socket.bufferedAmount > PATIENT_BUFFERED) {
      return new Promise((resolve) => this.transmit(socket, text, resolve));
    }
    this.transmit(socket, text);
    return undefined;
  }

  /** Disconnects for good, and lets whoever waits go on. */
  async close(): Promise<void> {
    this.disconnect();
    this.stopped = true;
    this.wake?.();
    await Promise.all(this.closing);
  }

  /** Lets whoever waits for a connection go on without one. */
  giveUp(): void {
    this.stopped = true;
    this.wake?.();
  }

  private dial(): void {
    const socket = new WebSocket(this.url, { perMessageDeflate: false, handshakeTimeout: 10_000 });
    this.socket = socket;
    let wasOpen = false;
    let reason = 'the connection was closed';
    const hello = [...this.introduced].map((node) =>
      node.connectedText(Math.floor(this.options.now()), this.options.random.between(0, 999_999)),
    );
    this.pending = [...hello, ...this.pending];
    socket.on('open', () => {
      wasOpen = true;
      this.opened += 1;
      if (this.socket !== socket) return;
      const waiting = this.pending;
      this.pending = [];
      for (const text of waiting) this.transmit(socket, text);
      this.wake?.();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.message || (error.code ?? error.name);
    });
    socket.on('close', () => {
      if (this.socket !== socket) return;
      if (this.options.patient) this.pending.splice(0, wasOpen ? 0 : hello.length);
      else {
        this.missed += this.pending.length;
        this.pending = [];
      }
      if (wasOpen) this.lost += 1;
      else this.options.onUnreachable?.(this.url, reason);
      this.redialLater();
    });
  }

  private redialLater(): void {
    const { random, speed, host } = this.options;
    const [min, max] = host.software.redialMs;
    this.redial = setTimeout(() => this.dial(), Math.max(MIN_REDIAL_MS, random.between(min, max) / speed));
  }

  private untilOpen(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }

  private transmit(socket: WebSocket, text: string, done?: () => void): void {
    socket.send(text, { binary: this.options.host.software.frames === 'binary' }, done);
    this.sent += 1;
  }
}

function urlOf(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url.href;
}
