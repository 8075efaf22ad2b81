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

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws RangeError when there is nothing to pick from */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('There is nothing to pick from.');
    return items[this.between(0, items.length - 1)] as T;
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
