import { WebSocket } from 'ws';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { Host } from '../world/population.js';

interface SocketClientOptions {
  /** Base URL of the server; the path of the host is appended. */
  url: string;
  host: Host;
  /** Speed of simulated time relative to real time. */
  speed: number;
  /** Whether senders wait for a slow or lost connection instead of dropping messages. */
  patient: boolean;
  /** Random delays before reconnecting. */
  random: Random;
  /** The simulated time: milliseconds since the epoch. */
  now: () => number;
  /** Called when connecting fails. */
  onUnreachable?: (url: string, reason: string) => void;
}

/** Buffered bytes of a socket above which a node drops messages, as real nodes do. */
const MAX_BUFFERED = 4 * 1024 * 1024;
/** Buffered bytes and pending messages above which a patient client pauses its sender. */
const PATIENT_BUFFERED = 1024 * 1024;
const PATIENT_PENDING = 1_000;
const CLOSE_TIMEOUT_MS = 5_000;
/** Minimum real time before reconnecting. */
const MIN_REDIAL_MS = 20;

/** Counts of the messages of one socket. */
interface Progress {
  sent: number;
  /** Sent before the last ping, and before the last ping that the server has responded to. */
  pinged: number;
  acknowledged: number;
}

/**
 * The socket of a host. It connects when the host connects, and reconnects with a delay after a connection loss, sending
 * `system.connected` of each node first. Messages in between are dropped, unless the client is patient.
 */
export class SocketClient {
  /** Sent messages, those that the server has acknowledged, and dropped ones. */
  sent = 0;
  acknowledged = 0;
  missed = 0;
  /** Opened connections, and connections that were lost. */
  opened = 0;
  lost = 0;
  readonly url: string;
  private socket: WebSocket | undefined;
  private redial: NodeJS.Timeout | undefined;
  private stopped = false;
  private readonly introduced = new Set<SimulatedNode>();
  private readonly closing = new Set<Promise<void>>();
  private readonly progress = new WeakMap<WebSocket, Progress>();
  /** Messages that wait for the connection. */
  private pending: string[] = [];
  private wake: (() => void) | undefined;

  constructor(private readonly options: SocketClientOptions) {
    this.url = urlOf(options.url, options.host.path);
  }

  get isOpen(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  /** Number of nodes with an open connection. */
  get connectedNodes(): number {
    return this.isOpen ? this.introduced.size : 0;
  }

  /** The host connects. */
  connect(): void {
    if (!this.stopped) this.dial();
  }

  /** The host disconnects after sending buffered messages. The close handshake has a timeout. */
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

  /** Sends a message, or counts it as dropped. A patient sender awaits the returned promise. */
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

  /** Sends a ping if messages are not acknowledged: the pong confirms all that was sent before. */
  ping(): void {
    const { socket } = this;
    const progress = socket && this.progress.get(socket);
    if (socket?.readyState !== WebSocket.OPEN || progress === undefined) return;
    if (progress.sent === progress.pinged) return;
    progress.pinged = progress.sent;
    socket.ping(progress.sent.toString());
  }

  /** Disconnects permanently, and resumes waiting senders. */
  async close(): Promise<void> {
    this.disconnect();
    this.stopped = true;
    this.wake?.();
    await Promise.all(this.closing);
  }

  /** Resumes senders that wait for a connection. */
  giveUp(): void {
    this.stopped = true;
    this.wake?.();
  }

  private dial(): void {
    const socket = new WebSocket(this.url, { perMessageDeflate: false, handshakeTimeout: 10_000 });
    this.socket = socket;
    const progress: Progress = { sent: 0, pinged: 0, acknowledged: 0 };
    this.progress.set(socket, progress);
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
    socket.on('pong', (data) => this.acknowledge(progress, Number(data.toString())));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      reason = error.message || (error.code ?? error.name);
    });
    socket.on('close', (code) => {
      if (this.socket !== socket) {
        // The response to our close frame confirms as much as a pong.
        if (code === 1000) this.acknowledge(progress, progress.sent);
        return;
      }
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
    const progress = this.progress.get(socket);
    if (progress !== undefined) progress.sent += 1;
  }

  /** @param sent messages of the socket that arrived; NaN for a pong that answers no ping of ours */
  private acknowledge(progress: Progress, sent: number): void {
    if (!(sent > progress.acknowledged) || sent > progress.sent) return;
    this.acknowledged += sent - progress.acknowledged;
    progress.acknowledged = sent;
  }
}

function urlOf(base: string, path: string): string {
  const url = new URL(base);
  url.pathname = url.pathname.replace(/\/+$/, '') + path;
  return url.href;
}
