import type { Block, Chain } from '../chain.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { ChainPlan } from '../scenarios/scenario.js';
import type { Clock } from './clock.js';
import { Episodes } from './episodes.js';
import { AuthoritySet, FinalityGadget } from './finality-gadget.js';
import type { WorldObserver } from './observer.js';

interface TransactionPlan {
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
class TransactionLoad {
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

interface ChainActivityOptions {
  plan: ChainPlan;
  chain: Chain;
  /** The nodes of this chain. */
  nodes: readonly SimulatedNode[];
  random: Random;
  clock: Clock;
  startAt: number;
  observer: WorldObserver;
}

/** Two competing branches of equal length. */
interface Fork {
  readonly base: Block;
  readonly began: number;
  tips: readonly [Block, Block];
  /** Remaining number of blocks for each branch. */
  left: number;
}

/** The activity of a chain: authorities author blocks, which propagate; there are forks. */
export class ChainActivity {
  private readonly plan: ChainPlan;
  private readonly chain: Chain;
  private readonly nodes: readonly SimulatedNode[];
  private readonly random: Random;
  private readonly clock: Clock;
  private readonly authorities: AuthoritySet;
  private readonly transactions: TransactionLoad;
  private readonly finality: FinalityGadget;
  private readonly authors: readonly SimulatedNode[];
  private readonly halts: Episodes;
  private readonly observer: WorldObserver;
  private fork: Fork | undefined;

  constructor(private readonly options: ChainActivityOptions) {
    const { plan, chain, nodes, random, clock, observer } = options;
    this.plan = plan;
    this.chain = chain;
    this.nodes = nodes;
    this.random = random;
    this.clock = clock;
    this.observer = observer;
    this.authors = nodes.filter(({ isAuthority }) => isAuthority);
    const candidates = new Set(this.authors.flatMap(({ profile }) => profile.authorityId ?? []));
    this.authorities = new AuthoritySet([...candidates], plan.authoritySet.active);
    this.transactions = new TransactionLoad(plan.transactions, random);
    this.finality = new FinalityGadget(
      { plan: plan.finality, chain, nodes, random, clock, observer },
      this.authorities,
    );
    this.halts = new Episodes({
      plans: plan.halts,
      clock,
      began: (at) => observer.episodeBegan?.('halt', chain, at),
      ended: (at) => observer.episodeEnded?.('halt', chain, at),
    });
  }

  begin(): void {
    const { chain, clock, plan } = this;
    const { startAt } = this.options;
    this.observer.chain?.(chain, startAt);
    this.finality.begin(startAt);
    this.halts.schedule(startAt);
    clock.at((chain.slotAt(startAt) + 1) * chain.slotMs, (at) => this.slot(at));
    const everyMs = plan.authoritySet.everyMinutes * 60_000;
    if (everyMs > 0)
      clock.repeat(
        startAt + everyMs,
        () => everyMs,
        (at) => this.changeAuthorities(at),
      );
  }

  get waitingTransactions(): number {
    return this.transactions.waiting;
  }

  /** The authority set of a node, if it is an authority. */
  authoritySetOf({ profile }: SimulatedNode): AuthoritySet | undefined {
    const { authorityId } = profile;
    return authorityId !== undefined && this.authorities.authorities.includes(authorityId)
      ? this.authorities
      : undefined;
  }

  private changeAuthorities(at: number): void {
    this.authorities.change(this.random);
    this.finality.restartRounds();
    for (const node of this.authors) {
      if (this.authoritySetOf(node) === undefined || !node.started) continue;
      this.clock.at(at + this.delayTo(node), (time) => node.learnAuthorities(time, this.authorities));
    }
  }

  /** A slot starts: usually one authority authors a block; two do in a fork. */
  private slot(at: number): void {
    const { chain, random, plan } = this;
    this.clock.at(at + chain.slotMs, (next) => this.slot(next));
    this.transactions.fill(at, plan.slotSeconds);
    if (this.halts.isOn) {
      this.observer.slotMissed?.(chain, chain.slotAt(at), 'halt', at);
      return;
    }
    if (random.chance(plan.skippedSlots)) {
      this.observer.slotMissed?.(chain, chain.slotAt(at), 'skipped', at);
      return;
    }
    if (this.fork !== undefined) {
      this.prolong(this.fork, at);
      return;
    }
    const [author, rival] = this.authorsOn(chain.best);
    if (author !== undefined && random.chance(plan.failedBlocks)) {
      author.beginAuthoring(at, chain.slotAt(at));
      author.failToAuthor(at, chain.best);
      this.observer.slotMissed?.(chain, chain.slotAt(at), 'failed', at);
      return;
    }
    if (rival === undefined || !random.chance(plan.forks.chance)) {
      this.make(at, author, chain.best, 0);
      return;
    }
    const base = chain.best;
    const tips = [this.make(at, author, base, 0), this.make(at, rival, base, 1)] as const;
    this.fork = { base, began: at, tips, left: random.between(...plan.forks.blocks) - 1 };
  }

  /** Both branches get another block, each by an author that has it as the best one. The last block decides. */
  private prolong(fork: Fork, at: number): void {
    const { random, chain } = this;
    const authors = fork.tips.map((tip) => this.authorsOn(tip)[0]);
    const [first, second] = fork.tips;
    const [author, rival] = authors;
    if (fork.left > 0 && author !== undefined && rival !== undefined && author !== rival) {
      fork.left -= 1;
      fork.tips = [this.make(at, author, first, 0), this.make(at, rival, second, 1)];
      return;
    }
    this.fork = undefined;
    const continued = fork.tips.filter((_, index) => authors[index] !== undefined);
    const winner = random.pick(continued.length > 0 ? continued : fork.tips);
    const [loser = winner] = fork.tips.filter((tip) => tip !== winner);
    this.make(at, authors[fork.tips.indexOf(winner)], winner, 0);
    const [winners, losers] = [branchAbove(winner, fork.base), branchAbove(loser, fork.base)];
    this.observer.forkDecided?.(chain, { began: fork.began, winners, losers }, at);
  }

  private make(at: number, author: SimulatedNode | undefined, parent: Block, rival: number): Block {
    const { chain, random, plan, clock } = this;
    const slot = chain.slotAt(at);
    const block = chain.append(slot, parent, rival);
    this.observer.block?.(chain, block, author, at);
    author?.beginAuthoring(at, slot);
    clock.at(at + random.between(20, 120), (made) => {
      this.transactions.drain();
      author?.author(made, block);
      for (const node of this.nodes) {
        if (node !== author && node.started)
          clock.at(made + this.delayTo(node), (time) => node.receive(time, block));
      }
      const [soonest, latest] = plan.finality.seconds;
      const after = 1000 * (soonest + (latest - soonest) * random.fraction());
      clock.at(made + after, (time) => this.finality.round(time, this.fork?.base.height ?? Infinity));
    });
    return block;
  }

  /** Up to two authorities whose best block this is: an author builds on its own. */
  private authorsOn(best: Block): readonly (SimulatedNode | undefined)[] {
    const ready = this.authors.filter(
      (node) => node.isReady && node.best === best && this.authoritySetOf(node) !== undefined,
    );
    return this.random.sample(ready, 2);
  }

  private delayTo({ profile }: SimulatedNode): number {
    const { medianMs, spread } = profile.latency;
    return 1 + this.random.logNormal(medianMs, spread);
  }
}

/** The blocks of a branch above the block from which it forked, by height. */
function branchAbove(tip: Block, base: Block): Block[] {
  const branch: Block[] = [];
  for (let block: Block | undefined = tip; block !== undefined && block !== base; block = block.parent)
    branch.unshift(block);
  return branch;
}
