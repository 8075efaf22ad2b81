import { setImmediate, setTimeout } from 'node:timers/promises';
import type { SimulatedNetwork } from '../world/network.js';
import { fill, dispatch } from './message-sink.js';
import { SocketSink, type SocketTotals, type UnreachableError } from './socket-sink.js';

export interface PlaybackOptions {
  /** The server, `ws://` or `wss://`, without the path of a node. */
  url: string;
  /**
   * How many times faster than in reality the simulated time goes. `Infinity`: as fast as the server takes it; then
   * nothing is dropped, and `endAt` is needed.
   */
  speed: number;
  seed: number;
  /** When to stop, in simulated time: milliseconds since the epoch. */
  endAt?: number | undefined;
  /** Stops the run early. */
  signal?: AbortSignal | undefined;
  /** Told whenever a later connection could not be made; it is tried again. */
  onUnreachable?: ((error: UnreachableError) => void) | undefined;
}

/** Counters over all sockets. */
export type PlaybackTotals = SocketTotals;

/** Messages sent in a row before sockets get their turn. */
const EVENTS_PER_TURN = 100;

/** Plays what a network says to a server, over real sockets, in the time that the clock and the speed give. */
export class Playback {
  private readonly sink: SocketSink;
  private readonly stop = new AbortController();
  private startedAt = performance.now();
  private reachedAt: number;

  constructor(
    private readonly network: SimulatedNetwork,
    private readonly options: PlaybackOptions,
  ) {
    const { url, speed, seed, endAt } = options;
    if (speed === Infinity && endAt === undefined) throw new RangeError('As fast as possible needs an end.');
    this.reachedAt = network.startAt;
    this.sink = new SocketSink({
      url,
      hosts: network.hosts,
      seed,
      speed,
      patient: speed === Infinity,
      now: () => this.now(),
      onUnreachable: (error, first) => {
        if (first) this.stop.abort(error);
        else options.onUnreachable?.(error);
      },
    });
  }

  /**
   * Runs until the end, or until it is stopped, and closes the sockets.
   *
   * @throws UnreachableError when the first connection cannot be made
   */
  async run(): Promise<void> {
    const signal = AbortSignal.any([this.stop.signal, ...(this.options.signal ? [this.options.signal] : [])]);
    const giveUp = () => this.sink.giveUp();
    signal.addEventListener('abort', giveUp);
    this.startedAt = performance.now();
    try {
      if (this.options.speed === Infinity) await this.race(signal);
      else await this.play(signal);
    } finally {
      await this.sink.end();
      signal.removeEventListener('abort', giveUp);
    }
    if (this.stop.signal.aborted) throw this.stop.signal.reason;
  }

  totals(): PlaybackTotals {
    return this.sink.totals();
  }

  /** The simulated time: milliseconds since the epoch. */
  now(): number {
    const { speed } = this.options;
    if (speed === Infinity) return this.reachedAt;
    return this.network.startAt + (performance.now() - this.startedAt) * speed;
  }

  private async race(signal: AbortSignal): Promise<void> {
    const { endAt = Infinity } = this.options;
    await fill(this.network, this.sink, { endAt, signal, onProgress: (at) => (this.reachedAt = at) });
  }

  private async play(signal: AbortSignal): Promise<void> {
    const endAt = this.options.endAt ?? Infinity;
    let eventsInTurn = 0;
    for (const event of this.network.events()) {
      const due = Math.min(event.at, endAt);
      eventsInTurn += 1;
      if (this.now() < due || eventsInTurn > EVENTS_PER_TURN) {
        eventsInTurn = 0;
        await this.wait(due, signal);
      }
      if (signal.aborted || event.at >= endAt) return;
      void dispatch(event, this.sink);
    }
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
