import { Random } from '../../src/simulator/random/random.js';
import { developmentMessages, kusamaMessages } from '../support/real-messages.js';
import { type Mutation, MUTATIONS } from './mutations.js';
import { oddFrames } from './odd-frames.js';

/** Real messages longer than this are rare, or nothing else would be sent. */
const LONG = 20_000;
const mutations = Object.values(MUTATIONS);

let cached: { short: Buffer[]; long: Buffer[] } | undefined;

/** What nodes really send, and every oddity that is known. */
function corpus(): { short: Buffer[]; long: Buffer[] } {
  if (cached === undefined) {
    const all = [
      ...oddFrames().map(({ bytes }) => bytes),
      ...kusamaMessages().map((message) => Buffer.from(JSON.stringify(message))),
      ...developmentMessages().map((message) => Buffer.from(message)),
    ];
    cached = {
      short: all.filter(({ length }) => length < LONG),
      long: all.filter(({ length }) => length >= LONG),
    };
  }
  return cached;
}

/** Bytes that might be a message: the corpus as it is, and changed up to five times. The same for the same seed. */
export class FrameFuzzer {
  private readonly random: Random;

  /** @param maxBytes longer ones are cut */
  constructor(
    seed: number | string,
    private readonly maxBytes: number,
  ) {
    this.random = new Random('frames', seed);
  }

  next(): Buffer {
    const { random } = this;
    const changes = Number(random.weighted({ 0: 2, 1: 6, 2: 3, 3: 2, 5: 1 }));
    let bytes = this.pick();
    for (let change = 0; change < changes; change += 1) {
      bytes = random.pick<Mutation>(mutations)(bytes, random, this.pick()).subarray(0, this.maxBytes);
    }
    return bytes.subarray(0, this.maxBytes);
  }

  private pick(): Buffer {
    const { short, long } = corpus();
    return this.random.pick(this.random.chance(0.01) ? long : short);
  }
}
