import { createHash } from 'node:crypto';

/**
 * Repeatable random numbers: Chris Doty-Humphrey's sfc32 (from PractRand), seeded with a digest of its parts.
 * Streams with different parts are independent, so that what one node draws never shifts what another draws.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  constructor(...parts: readonly (string | number)[]) {
    const seed = createHash('sha256').update(JSON.stringify(parts)).digest();
    this.a = seed.readUInt32LE(0);
    this.b = seed.readUInt32LE(4);
    this.c = seed.readUInt32LE(8);
    this.counter = seed.readUInt32LE(12);
  }

  /** A whole number from 0 to 2^32 - 1. */
  bits32(): number {
    const result = (this.a + this.b + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + result) | 0;
    return result >>> 0;
  }

  /** A whole number from 0 to 2^64 - 1. */
  bits64(): bigint {
    return (BigInt(this.bits32()) << 32n) | BigInt(this.bits32());
  }

  /** A fraction from 0 up to, but not including, 1. */
  fraction(): number {
    return this.bits32() / 2 ** 32;
  }

  /** A whole number between two bounds, both included. */
  between(min: number, max: number): number {
    return min + Math.floor(this.fraction() * (max - min + 1));
  }

  /** A draw from the normal distribution of mean 0 and deviation 1 (Box and Muller). */
  normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.fraction())) * Math.cos(2 * Math.PI * this.fraction());
  }

  /**
   * A draw from a log-normal distribution, which is how delays and durations are spread: most are near the median, a
   * few are many times longer.
   *
   * @param spread the deviation of the logarithm; 0 gives the median itself
   */
  logNormal(median: number, spread: number): number {
    return median * Math.exp(spread * this.normal());
  }

  /** The time until something that happens once in `mean` on average, and at any time alike. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.fraction());
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws RangeError when there is nothing to pick from */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('There is nothing to pick from.');
    return items[this.between(0, items.length - 1)] as T;
  }

  /**
   * One of the names, each as often as its weight says.
   *
   * @throws RangeError when no weight is above 0
   */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
    const entries = Object.entries(weights) as [K, number][];
    let left = this.fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of entries) {
      left -= weight;
      if (left < 0) return name;
    }
    throw new RangeError('There is nothing to pick from.');
  }

  /** Up to `count` of the items, each at most once, in random order. */
  sample<T>(items: readonly T[], count: number): T[] {
    const pool = [...items];
    for (let index = 0; index < Math.min(count, pool.length); index += 1) {
      const other = this.between(index, pool.length - 1);
      [pool[index], pool[other]] = [pool[other] as T, pool[index] as T];
    }
    return pool.slice(0, count);
  }
}
