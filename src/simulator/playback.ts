import { setImmediate, setTimeout } from 'node:timers/promises';
import type { Network } from './network.js';
import { Random } from './random.js';
import { SocketClient } from './socket-client.js';
import { UnreachableError } from './unreachable.error.js';

export interface PlaybackOptions {
  /** The server: `ws://` or `wss://`, without the path of a node. */
  url: string;
  /** How many times faster than in reality the simulated time goes. */
  speed: number;
  seed: number;
  /** When to stop, in simulated time: milliseconds since the epoch. */
  endAt?: number | undefined;
  /** Stops it as well. */
  signal?: AbortSignal | undefined;
  /** Told whenever a later connection could not be made; it is tried again. */
  onUnreachable?: (error: UnreachableError) => void;
}

/** What has happened so far, over all sockets. */
export interface PlaybackTotals {
  connectedNodes: number;
  sent: number;
  missed: number;
  opened: number;
  lost: number;
}

/** Messages sent in a row before sockets get their turn. */
const STRETCH = 100;

/** Plays what a network says to a server, over real sockets, in the time that the clock and the speed give. */
export class Playback {
  private readonly clients: readonly SocketClient[];
  private readonly stop = new AbortController();
  private startedAt = performance.now();

  constructor(
    private readonly network: Network,
    private readonly options: PlaybackOptions,
  ) {
    const { url, speed, seed } = options;
    this.clients = network.hosts.map(
      (host) =>
        new SocketClient({
          url,
          host,
          speed,
          random: new Random(seed, 'socket', host.index),
          now: () => this.now(),
          onUnreachable: (where, reason) => {
            const error = new UnreachableError(where, reason);
            if (this.totals().opened === 0) this.stop.abort(error);
            else options.onUnreachable?.(error);
          },
        }),
    );
  }

  /**
   * Runs until the end, or until it is stopped, and closes the sockets.
   *
   * @throws UnreachableError when the first connection cannot be made
   */
  async run(): Promise<void> {
    const signal = AbortSignal.any([this.stop.signal, ...(this.options.signal ? [this.options.signal] : [])]);
    this.startedAt = performance.now();
    try {
      await this.play(signal);
    } finally {
      await Promise.all(this.clients.map((client) => client.close()));
    }
    if (this.stop.signal.aborted) throw this.stop.signal.reason;
  }

  totals(): PlaybackTotals {
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

  private async play(signal: AbortSignal): Promise<void> {
    const endAt = this.options.endAt ?? Infinity;
    let stretch = 0;
    for (const message of this.network.messages()) {
      const due = Math.min(message.at, endAt);
      stretch += 1;
      if (this.now() < due || stretch > STRETCH) {
        stretch = 0;
        await this.wait(due, signal);
      }
      if (signal.aborted || message.at >= endAt) return;
      this.clients[message.node.host]?.deliver(message);
    }
  }

  /** The simulated time: milliseconds since the epoch. */
  private now(): number {
    return this.network.startAt + (performance.now() - this.startedAt) * this.options.speed;
  }

  private async wait(until: number, signal: AbortSignal): Promise<void> {
    const left = (until - this.now()) / this.options.speed;
    try {
      if (left > 0) await setTimeout(left, undefined, { signal });
      else await setImmediate(undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}
