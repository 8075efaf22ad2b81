import { WebSocket } from 'ws';
import type { Host } from './population.js';
import type { Random } from './random.js';
import type { NodeMessage, SimulatedNode } from './simulated-node.js';

export interface SocketClientOptions {
  /** Where nodes connect to; the path of the host is put after it. */
  url: string;
  host: Host;
  /** How many times faster than in reality the simulated time goes. */
  speed: number;
  /** Draws the times to wait before dialling again. */
  random: Random;
  /** The simulated time: milliseconds since the epoch. */
  now: () => number;
  /** Told whenever a connection could not be made. */
  onUnreachable?: (url: string, reason: string) => void;
}

/** Bytes that wait in one socket, beyond which a node drops what it says, as real ones do. */
const MAX_BUFFERED = 4 * 1024 * 1024;
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * The socket of one host. It dials when the first of its nodes speaks, and again, after a while, whenever the
 * connection is lost; then `system.connected` of each node goes first. What nodes say in between is gone.
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
  private readonly introduced: SimulatedNode[] = [];
  /** What waits for the connection that is being made. */
  private pending: string[] = [];

  constructor(private readonly options: SocketClientOptions) {
    this.url = urlOf(options.url, options.host.path);
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Nodes that have an open connection. */
  get connectedNodes(): number {
    return this.isOpen ? this.introduced.length : 0;
  }

  /** Sends a message, or notes that it is gone. */
  deliver(message: NodeMessage): void {
    if (this.stopped) return;
    if (!this.introduced.includes(message.node)) {
      if (this.introduced.length === 0) this.dial();
      this.introduced.push(message.node);
    }
    if (this.socket?.readyState === WebSocket.CONNECTING) this.pending.push(message.text);
    else this.send(message.text);
  }

  /** Says goodbye with 1000, after what is still to be sent; a server that does not answer is not waited for long. */
  async close(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.redial);
    const { socket } = this;
    if (socket === undefined || socket.readyState === WebSocket.CLOSED) return;
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS);
      socket.once('close', () => {
        clearTimeout(deadline);
        resolve();
      });
      socket.close(1000);
    });
  }

  private dial(): void {
    const socket = new WebSocket(this.url, { perMessageDeflate: false, handshakeTimeout: 10_000 });
    this.socket = socket;
    let wasOpen = false;
    let reason = 'the connection was closed';
    this.pending = this.introduced.map((node) =>
      node.connectedText(Math.floor(this.options.now()), this.options.random.between(0, 999_999)),
    );
    socket.on('open', () => {
      wasOpen = true;
      this.opened += 1;
      const waiting = this.pending;
      this.pending = [];
      for (const text of waiting) this.send(text);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.message || (error.code ?? error.name);
    });
    socket.on('close', () => {
      if (this.stopped) return;
      this.missed += this.pending.length;
      this.pending = [];
      if (wasOpen) this.lost += 1;
      else this.options.onUnreachable?.(this.url, reason);
      this.redialLater();
    });
  }

  private redialLater(): void {
    const [min, max] = this.options.host.software.redialMs;
    const wait = this.options.random.between(min, max) / this.options.speed;
    this.redial = setTimeout(() => this.dial(), wait);
  }

  private send(text: string): void {
    const { socket } = this;
    if (socket?.readyState !== WebSocket.OPEN || socket.bufferedAmount > MAX_BUFFERED) {
      this.missed += 1;
      return;
    }
    socket.send(text, { binary: this.options.host.software.frames === 'binary' });
    this.sent += 1;
  }
}

function urlOf(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url.href;
}
