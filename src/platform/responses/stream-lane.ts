import type { AnswerLimits } from './answer-limits.js';
import { longestStalled, slowest, type Taker } from './taker.js';

type Limits = Pick<
  AnswerLimits,
  'streams' | 'streamsOfAddress' | 'evictAfterMs' | 'evictSlowAfterMs' | 'evictBytesPerS'
>;

/**
 * The places of streams, which are few: each holds a connection while its client takes it. Where none is left, one
 * makes room: that which has waited longest for its client, if it has waited long enough; for an address that has
 * none, the oldest of an address that has several; or that whose client is slow.
 */
export class StreamLane {
  /** The address of each, in the order in which they came. */
  private readonly streams = new Map<Taker, string>();

  constructor(private readonly limits: Limits) {}

  get size(): number {
    return this.streams.size;
  }

  /** @returns why there is no place; undefined where it has one now, until `leave` */
  enter(stream: Taker, address: string): 'streams' | 'streams_of_address' | undefined {
    const neighbours = this.of(address);
    if (neighbours.length >= this.limits.streamsOfAddress && !this.evict(this.stalled(neighbours))) {
      return 'streams_of_address';
    }
    if (this.streams.size >= this.limits.streams && !this.evict(this.whoMakesRoom(address))) return 'streams';
    this.streams.set(stream, address);
    return undefined;
  }

  leave(stream: Taker): void {
    this.streams.delete(stream);
  }

  private of(address: string): Taker[] {
    return [...this.streams].filter(([, other]) => other === address).map(([stream]) => stream);
  }

  private whoMakesRoom(address: string): Taker | undefined {
    const { evictSlowAfterMs, evictBytesPerS } = this.limits;
    const all = [...this.streams.keys()];
    return this.stalled(all) ?? this.unfair(address) ?? slowest(all, evictSlowAfterMs, evictBytesPerS);
  }

  private stalled(streams: readonly Taker[]): Taker | undefined {
    return longestStalled(streams, this.limits.evictAfterMs);
  }

  /** The oldest of an address that has more places than another would have with its next. */
  private unfair(address: string): Taker | undefined {
    const places = this.of(address).length + 1;
    const found = [...this.streams].find(([, other]) => this.of(other).length > places);
    return found?.[0];
  }

  private evict(stream: Taker | undefined): boolean {
    if (stream === undefined) return false;
    this.leave(stream);
    stream.evict();
    return true;
  }
}
