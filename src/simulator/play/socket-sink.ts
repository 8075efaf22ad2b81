import type { SimulatedNode } from '../nodes/simulated-node.js';
import { Random } from '../random/random.js';
import type { Host } from '../world/population.js';
import { MessageSink } from './message-sink.js';
import { SocketClient } from './socket-client.js';

const PING_INTERVAL_MS = 5_000;

/** Connecting to the server failed. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(
    readonly url: string,
    readonly reason: string,
  ) {
    super(
      `Cannot connect to ${url}: ${reason}.${reason.includes('ECONNREFUSED') ? ' Is the server running?' : ''}`,
    );
  }
}

export interface SocketSinkOptions {
  /** The server, `ws://` or `wss://`, without the path of a node. */
  url: string;
  hosts: readonly Host[];
  seed: number;
  /** Speed of simulated time relative to real time; `Infinity`: as fast as possible. */
  speed: number;
  /** Whether to pause the network while a socket is full or lost, instead of dropping messages as nodes do. */
  patient: boolean;
  /** The simulated time: milliseconds since the epoch. */
  now: () => number;
  /** Called when connecting fails; it is retried. `first`: there was no connection before. */
  onUnreachable?: (error: UnreachableError, first: boolean) => void;
}

/** Counters over all sockets. */
export interface SocketTotals {
  connectedNodes: number;
  sent: number;
  /** Sent messages that the server has confirmed, by a pong or by its response to a close frame. */
  acknowledged: number;
  missed: number;
  opened: number;
  lost: number;
}

/** Sends messages to a server, each over the socket of its host. */
export class SocketSink extends MessageSink {
  private readonly clients: readonly SocketClient[];
  private readonly pings: NodeJS.Timeout;

  constructor(options: SocketSinkOptions) {
    super();
    this.clients = options.hosts.map(
      (host) =>
        new SocketClient({
          url: options.url,
          host,
          speed: options.speed,
          patient: options.patient,
          random: new Random(options.seed, 'socket', host.index),
          now: options.now,
          onUnreachable: (where, reason) =>
            options.onUnreachable?.(new UnreachableError(where, reason), this.totals().opened === 0),
        }),
    );
    this.pings = setInterval(() => {
      for (const client of this.clients) client.ping();
    }, PING_INTERVAL_MS).unref();
  }

  message(node: SimulatedNode, text: string): void | Promise<void> {
    return this.clients[node.host]?.deliver(node, text);
  }

  override connected(host: Host): void {
    this.clients[host.index]?.connect();
  }

  override disconnected(host: Host): void {
    this.clients[host.index]?.disconnect();
  }

  /** Closes the sockets. */
  override async end(): Promise<void> {
    clearInterval(this.pings);
    await Promise.all(this.clients.map((client) => client.close()));
  }

  /** Resumes a paused network so that it can stop. */
  giveUp(): void {
    for (const client of this.clients) client.giveUp();
  }

  totals(): SocketTotals {
    const totals = { connectedNodes: 0, sent: 0, acknowledged: 0, missed: 0, opened: 0, lost: 0 };
    for (const client of this.clients) {
      totals.connectedNodes += client.connectedNodes;
      totals.sent += client.sent;
      totals.acknowledged += client.acknowledged;
      totals.missed += client.missed;
      totals.opened += client.opened;
      totals.lost += client.lost;
    }
    return totals;
  }
}
