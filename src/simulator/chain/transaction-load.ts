import type { Random } from '../random/random.js';

export interface TransactionPlan {
  /** How many come in on average. */
  readonly perSecond: number;
  /** How many a block can take. */
  readonly perBlock: number;
  /** The chance, with each slot, of a burst of `burst` transactions. */
  readonly burstChance: number;
  readonly burst: number;
}

const DAY_MS = 86_400_000;
/** What the pools of nodes hold at most. */
const MAX_POOL = 8_192;

/** The transactions that wait on a chain: they come in by the hour of the day and in bursts, and blocks take them out. */
export class TransactionLoad {
  private count = 0;

  constructor(
    private readonly plan: TransactionPlan,
    private readonly random: Random,
  ) {}

  get waiting(): number {
    return this.count;
  }

  /** Lets transactions come in for a while. */
  fill(at: number, seconds: number): void {
    const { perSecond, burst, burstChance } = this.plan;
    const hour = 1 + 0.6 * Math.sin((2 * Math.PI * (at % DAY_MS)) / DAY_MS - 2);
    const arrived = this.random.exponential(perSecond * seconds * hour);
    const more = this.random.chance(burstChance) ? burst : 0;
    this.count = Math.min(MAX_POOL, Math.round(this.count + arrived + more));
  }

  /** A block takes what it can. */
  drain(): void {
    this.count = Math.max(0, this.count - this.plan.perBlock);
  }
}
