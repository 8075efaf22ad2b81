import type { SimulatedNode } from '../nodes/simulated-node.js';
import { Random } from '../random/random.js';
import type { Host } from '../world/population.js';
import { MessageSink } from './message-sink.js';
import { SocketClient } from './socket-client.js';

/** A connection to the server could not be made. */
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
  /** The server: `ws://` or `wss://`, without the path of a node. */
  url: string;
  hosts: readonly Host[];
  seed: number;
  /** How many times faster than in reality the simulated time goes; `Infinity`: as fast as it can. */
  speed: number;
  /** Whether to hold the network back while a socket is full or lost, rather than to drop messages, as nodes do. */
  patient: boolean;
  /** The simulated time: milliseconds since the epoch. */
  now: () => number;
  /** Told whenever a connection could not be made; `first`: none has been made before. It is tried again. */
  onUnreachable?: (error: UnreachableError, first: boolean) => void;
}

/** What has happened so far, over all sockets. */
export interface SocketTotals {
  connectedNodes: number;
  sent: number;
  missed: number;
  opened: number;
  lost: number;
}

/** Sends messages to a server, each over the socket of its host. */
export class SocketSink extends MessageSink {
  private readonly clients: readonly SocketClient[];

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
    await Promise.all(this.clients.map((client) => client.close()));
  }

  /** Lets a network that is held back go on, for it is to stop. */
  giveUp(): void {
    for (const client of this.clients) client.giveUp();
  }

  totals(): SocketTotals {
    const totals = { connectedNodes: 0, sent: 0, missed: 0, opened: 0, lost: 0 };
    for (const client of this.clients) {
      totals.connectedNodes += client.connectedNodes;
      totals.sent += client.sent;
      totals.missed += client.missed;
      totals.opened += client.opened;
      totals.lost += client.lost;
    }
    return totals;
  }
}
