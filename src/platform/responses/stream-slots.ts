import { longestStalled, type OpenResponse, slowest } from './response-body.js';
import type { ResponseLimits } from './response-limits.js';

type Limits = Pick<
  ResponseLimits,
  'streams' | 'streamsOfAddress' | 'evictAfterMs' | 'evictSlowAfterMs' | 'evictBytesPerS'
>;

/**
 * The slots of streams. They are few, since each holds a database connection while its client reads. When none is free,
 * a stream is evicted: the one stalled for longest, if that is long enough; the oldest one of an address with more
 * streams than the new one would have; or the one whose client is slowest.
 */
export class StreamSlots {
  /** The address of each, oldest first. */
  private readonly streams = new Map<OpenResponse, string>();

  constructor(private readonly limits: Limits) {}

  get size(): number {
    return this.streams.size;
  }

  /** @returns why there is no slot; undefined if it has one now, until `leave` */
  enter(stream: OpenResponse, address: string): 'streams' | 'streams_of_address' | undefined {
    const neighbours = this.of(address);
    if (neighbours.length >= this.limits.streamsOfAddress && !this.evict(this.stalled(neighbours))) {
      return 'streams_of_address';
    }
    if (this.streams.size >= this.limits.streams && !this.evict(this.toEvict(address))) return 'streams';
    this.streams.set(stream, address);
    return undefined;
  }

  leave(stream: OpenResponse): void {
    this.streams.delete(stream);
  }

  private of(address: string): OpenResponse[] {
    return [...this.streams].filter(([, other]) => other === address).map(([stream]) => stream);
  }

  private toEvict(address: string): OpenResponse | undefined {
    const { evictSlowAfterMs, evictBytesPerS } = this.limits;
    const all = [...this.streams.keys()];
    return this.stalled(all) ?? this.unfair(address) ?? slowest(all, evictSlowAfterMs, evictBytesPerS);
  }

  private stalled(streams: readonly OpenResponse[]): OpenResponse | undefined {
    return longestStalled(streams, this.limits.evictAfterMs);
  }

  /** The oldest one of an address that has more slots than this address would have. */
  private unfair(address: string): OpenResponse | undefined {
    const slots = this.of(address).length + 1;
    const found = [...this.streams].find(([, other]) => this.of(other).length > slots);
    return found?.[0];
  }

  private evict(stream: OpenResponse | undefined): boolean {
    if (stream === undefined) return false;
    this.leave(stream);
    stream.evict();
    return true;
  }
}
