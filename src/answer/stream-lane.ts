import type { AnswerLimits } from './answer-limits.js';

/** An answer that holds a connection while its client takes it. */
export interface Stream {
  /** Since when its client has taken nothing, by `performance.now()`; undefined while it does not wait for it. */
  readonly stalledSince: number | undefined;
  /** Another takes its place: it ends at once. */
  evict(): void;
}

/**
 * The places of streams, which are few. Where none is left, the stream that has waited longest for its client makes
 * room, if it has waited long enough: one of the same address where the address has its share.
 */
export class StreamLane {
  /** The address of each. */
  private readonly streams = new Map<Stream, string>();

  constructor(private readonly limits: Pick<AnswerLimits, 'streams' | 'streamsOfAddress' | 'evictAfterMs'>) {}

  get size(): number {
    return this.streams.size;
  }

  /** @returns why there is no place; undefined where it has one now, until `leave` */
  enter(stream: Stream, address: string): 'streams' | 'streams_of_address' | undefined {
    const all = [...this.streams];
    const neighbours = all.filter(([, other]) => other === address);
    if (neighbours.length >= this.limits.streamsOfAddress && !this.makeRoom(neighbours)) {
      return 'streams_of_address';
    }
    if (this.streams.size >= this.limits.streams && !this.makeRoom(all)) return 'streams';
    this.streams.set(stream, address);
    return undefined;
  }

  leave(stream: Stream): void {
    this.streams.delete(stream);
  }

  private makeRoom(streams: readonly [Stream, string][]): boolean {
    let slowest: Stream | undefined;
    for (const [stream] of streams) {
      if ((stream.stalledSince ?? Infinity) < (slowest?.stalledSince ?? Infinity)) slowest = stream;
    }
    const since = slowest?.stalledSince ?? Infinity;
    if (slowest === undefined || performance.now() - since < this.limits.evictAfterMs) return false;
    this.leave(slowest);
    slowest.evict();
    return true;
  }
}
