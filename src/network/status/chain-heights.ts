import { confirmedHeight, type HeightReport } from '../view/chain-header.js';
import { Branches } from './branches.js';

/** The slot is measured over so many blocks, and over such a time: microseconds. */
const MIN_BLOCKS = 20;
const MEASURED_US = 600e6;
const SAMPLED_EVERY_US = 10e6;

const NO_TIMES = { firstSeen: () => undefined };

/** What the nodes of a chain show together: the height that counts, its branches, and the time between its blocks. */
export class ChainHeights {
  readonly branches = new Branches();
  private best: number | undefined;
  private samples: { at: number; height: number }[] = [];

  /** The best height that counts; undefined before nodes report any. */
  get height(): number | undefined {
    return this.best;
  }

  /** The average time between blocks: microseconds; undefined before enough of them. */
  get slotUs(): number | undefined {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (first === undefined || last === undefined || last.height - first.height < MIN_BLOCKS)
      return undefined;
    return (last.at - first.at) / (last.height - first.height);
  }

  /** @param bests of all nodes that report one */
  update(now: number, bests: HeightReport[]): void {
    this.best = confirmedHeight(bests, bests.length, NO_TIMES)?.height;
    this.branches.moveTo(this.best);
    this.sample(now);
  }

  private sample(now: number): void {
    const height = this.best;
    const last = this.samples.at(-1);
    if (height === undefined || (last !== undefined && height < last.height)) this.samples = [];
    if (height === undefined || (last !== undefined && now - last.at < SAMPLED_EVERY_US)) return;
    this.samples.push({ at: now, height });
    this.samples = this.samples.filter(({ at }) => at >= now - MEASURED_US);
  }
}
