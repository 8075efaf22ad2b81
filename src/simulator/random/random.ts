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

/**
 * Chooses names deterministically by weight: after any number of choices, the count of each name differs from its share by
 * at most one. So a few hosts already cover all names.
 */
export class WeightedChoice<K extends string> {
  private readonly entries: { name: K; share: number; dealt: number }[];
  private count = 0;

  constructor(weights: Readonly<Partial<Record<K, number>>>) {
    const given = (Object.entries(weights) as [K, number][]).filter(([, weight]) => weight > 0);
    const sum = given.reduce((total, [, weight]) => total + weight, 0);
    this.entries = given.map(([name, weight]) => ({ name, share: weight / sum, dealt: 0 }));
  }

  next(): K {
    this.count += 1;
    const owed = ({ share, dealt }: { share: number; dealt: number }) => share * this.count - dealt;
    const [first, ...rest] = this.entries;
    if (first === undefined) throw new RangeError('There is nothing to deal out.');
    let chosen = first;
    // The margin avoids that rounding errors decide.
    for (const entry of rest) if (owed(entry) > owed(chosen) + 1e-9) chosen = entry;
    chosen.dealt += 1;
    return chosen.name;
  }
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** The ways in which peer ids are formed: from the key itself (`12D3Koo…`), before that from its hash (`Qm…`). */
export type PeerIdForm = 'key' | 'hash';

/** A 32-byte hash as nodes write it: `0x` and 64 hexadecimal digits. */
export function hashOf(...parts: readonly (string | number)[]): string {
  return `0x${createHash('sha256').update(JSON.stringify(parts)).digest('hex')}`;
}

/** A libp2p peer id: a multihash in base58, as in the libp2p specification `peer-ids`. */
export function peerId(random: Random, form: PeerIdForm): string {
  const prefix = form === 'key' ? [0x00, 0x24, 0x08, 0x01, 0x12, 0x20] : [0x12, 0x20];
  return base58(Buffer.concat([Buffer.from(prefix), bytes32(random)]));
}

/** A public key as a generic SS58 address (`5…`), as authorities are written. */
export function ss58Address(random: Random): string {
  const body = Buffer.concat([Buffer.from([42]), bytes32(random)]);
  const checksum = createHash('blake2b512').update('SS58PRE').update(body).digest().subarray(0, 2);
  return base58(Buffer.concat([body, checksum]));
}

export function base58(bytes: Buffer): string {
  let digits = '';
  for (let rest = BigInt(`0x${bytes.toString('hex') || '0'}`); rest > 0n; rest /= 58n) {
    digits = BASE58.charAt(Number(rest % 58n)) + digits;
  }
  const zeros = bytes.findIndex((byte) => byte !== 0);
  return BASE58.charAt(0).repeat(zeros === -1 ? bytes.length : zeros) + digits;
}

function bytes32(random: Random): Buffer {
  const bytes = Buffer.alloc(32);
  for (let offset = 0; offset < 32; offset += 4) bytes.writeUInt32LE(random.bits32(), offset);
  return bytes;
}
