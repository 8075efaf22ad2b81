import type { AnswerLimits } from './answer-limits.js';
import { longestStalled, slowest, type Taker } from './taker.js';

type Limits = Pick<
  AnswerLimits,
  'bufferedBytes' | 'bufferedBytesOfAddress' | 'evictHeldAfterMs' | 'evictSlowAfterMs' | 'evictBytesPerS'
>;

interface Held {
  address: string;
  bytes: number;
}

/**
 * An account of the bytes of answers that are held for clients, in all and by address. Where it is full, an answer
 * makes room: that which has waited longest for its client, if it has waited long enough; one of the address that
 * holds most, for an address that holds less; or that whose client is slow.
 */
export class AnswerMemory {
  private bytes = 0;
  private readonly bytesOf = new Map<string, number>();
  private readonly held = new Map<Taker, Held>();

  constructor(private readonly limits: Limits) {}

  get size(): number {
    return this.bytes;
  }

  /** @returns why there is no room; undefined where there is, and what was added is to be removed */
  add(taker: Taker, address: string, bytes: number): 'memory' | 'memory_of_address' | undefined {
    const { bufferedBytes, bufferedBytesOfAddress } = this.limits;
    while (this.of(address) + bytes > bufferedBytesOfAddress) {
      if (!this.evict(this.stalled(this.takersOf(address)))) return 'memory_of_address';
    }
    while (this.bytes + bytes > bufferedBytes) {
      if (!this.evict(this.whoMakesRoom(this.of(address) + bytes))) return 'memory';
    }
    const held = this.held.get(taker) ?? { address, bytes: 0 };
    held.bytes += bytes;
    this.held.set(taker, held);
    this.bytes += bytes;
    this.bytesOf.set(address, this.of(address) + bytes);
    return undefined;
  }

  /** Removes no more than was added. */
  remove(taker: Taker, bytes: number): void {
    const held = this.held.get(taker);
    if (held === undefined) return;
    const removed = Math.min(bytes, held.bytes);
    held.bytes -= removed;
    if (held.bytes === 0) this.held.delete(taker);
    this.bytes -= removed;
    const left = this.of(held.address) - removed;
    if (left > 0) this.bytesOf.set(held.address, left);
    else this.bytesOf.delete(held.address);
  }

  private of(address: string): number {
    return this.bytesOf.get(address) ?? 0;
  }

  private takersOf(address: string): Taker[] {
    return [...this.held].filter(([, held]) => held.address === address).map(([taker]) => taker);
  }

  /** @param bytes what the address that needs room would then hold */
  private whoMakesRoom(bytes: number): Taker | undefined {
    const { evictSlowAfterMs, evictBytesPerS } = this.limits;
    const all = [...this.held.keys()];
    return this.stalled(all) ?? this.unfair(bytes) ?? slowest(all, evictSlowAfterMs, evictBytesPerS);
  }

  private stalled(takers: Iterable<Taker>): Taker | undefined {
    return longestStalled(takers, this.limits.evictHeldAfterMs);
  }

  /** Of the address that holds most, if that still holds as many bytes without it. */
  private unfair(bytes: number): Taker | undefined {
    let [heaviest, most] = ['', 0];
    for (const [address, ofAddress] of this.bytesOf)
      if (ofAddress > most) [heaviest, most] = [address, ofAddress];
    const taker = longestStalled(this.takersOf(heaviest), 0);
    if (taker === undefined) return undefined;
    return most - (this.held.get(taker)?.bytes ?? 0) >= bytes ? taker : undefined;
  }

  private evict(taker: Taker | undefined): boolean {
    if (taker === undefined) return false;
    this.remove(taker, Infinity);
    taker.evict();
    return true;
  }
}
