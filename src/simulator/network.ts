import type { Block, Chain } from './chain.js';
import { EventQueue } from './event-queue.js';
import { createPopulation, type Host, type PopulationOptions } from './population.js';
import { Random } from './random.js';
import type { NodeMessage, SimulatedNode } from './simulated-node.js';

/** Something that happens at a time; gives what nodes say because of it. */
type Happening = (at: number) => readonly NodeMessage[];

const SILENCE: readonly NodeMessage[] = [];
const INTERVAL_MS = 5_000;
const NETWORK_STATE_MS = 30_000;
const SYNC_STEP_MS = 100;
const SKIPPED_SLOTS = 0.05;

/**
 * A network of nodes in simulated time. What they say depends on the options alone; nothing here knows of
 * sockets or of the real clock.
 */
export class Network {
  readonly startAt: number;
  readonly hosts: readonly Host[];
  readonly nodes: readonly SimulatedNode[];
  private readonly queue = new EventQueue<Happening>();
  private readonly random: Random;
  private readonly authorities = new Map<Chain, string[]>();

  constructor(options: PopulationOptions) {
    const { chains, hosts, nodes } = createPopulation(options);
    this.startAt = options.startAt;
    this.hosts = hosts;
    this.nodes = nodes;
    this.random = new Random(options.seed, 'network');
    for (const { profile } of nodes) {
      const { chain, authorityId } = profile;
      if (authorityId !== undefined)
        this.authorities.set(chain, [...(this.authorities.get(chain) ?? []), authorityId]);
    }
    for (const host of hosts) {
      const hostStart = options.startAt + (host.index === 0 ? 0 : this.random.between(0, 2_000));
      for (const node of host.nodes)
        this.queue.push(hostStart + this.random.between(0, 50), this.start(node));
    }
    for (const chain of chains)
      this.queue.push((chain.slotAt(options.startAt) + 1) * chain.slotMs, this.slot(chain));
  }

  /** Everything that the nodes say, by time, without an end. It can be read once: reading moves the time on. */
  *messages(): Generator<NodeMessage, void, undefined> {
    for (let next = this.queue.pop(); next !== undefined; next = this.queue.pop()) yield* next.item(next.at);
  }

  private start(node: SimulatedNode): Happening {
    return (at) => {
      const { chain } = node.profile;
      const behind = this.random.chance(0.3) ? this.random.between(5, 40) : 0;
      const best = chain.at(chain.best.height - behind) ?? chain.best;
      const said = node.start(at, best, this.authorities.get(chain) ?? []);
      this.queue.push(at + SYNC_STEP_MS, this.sync(node));
      this.repeat(at + this.random.between(1_000, INTERVAL_MS), 100, INTERVAL_MS, (time) =>
        node.interval(time),
      );
      this.repeat(at + this.random.between(3_000, 9_000), 500, NETWORK_STATE_MS, (time) =>
        node.networkState(time),
      );
      this.repeat(at + this.random.between(0, 3_000), 2_000, 3_000, (time) => node.importTransactions(time));
      return said;
    };
  }

  /** Happens again and again, every `period` give or take `jitter` milliseconds. */
  private repeat(first: number, jitter: number, period: number, happening: Happening): void {
    this.queue.push(first, (at) => {
      this.repeat(at + period + this.random.between(-jitter, jitter), jitter, period, happening);
      return happening(at);
    });
  }

  /** Fetches one block after another until the node has what the others have. */
  private sync(node: SimulatedNode): Happening {
    return (at) => {
      const { chain } = node.profile;
      node.syncing = node.best.height < chain.best.height;
      if (!node.syncing) return SILENCE;
      this.queue.push(at + SYNC_STEP_MS, this.sync(node));
      return node.importBlock(at, chain.at(node.best.height + 1) ?? chain.best, 'NetworkInitialSync');
    };
  }

  /** A slot of a chain begins: an authority makes a block, as a rule. */
  private slot(chain: Chain): Happening {
    return (at) => {
      this.queue.push(at + chain.slotMs, this.slot(chain));
      if (this.random.chance(SKIPPED_SLOTS)) return SILENCE;
      const ready = this.running(chain).filter((node) => node.isAuthority && !node.syncing);
      const author = ready.length > 0 ? this.random.pick(ready) : undefined;
      this.queue.push(at + this.random.between(20, 120), this.newBlock(chain, author));
      return author?.beginAuthoring(at, chain.slotAt(at)) ?? SILENCE;
    };
  }

  private newBlock(chain: Chain, author: SimulatedNode | undefined): Happening {
    return (at) => {
      const block = chain.append(chain.slotAt(at));
      for (const node of this.running(chain)) {
        if (node !== author) this.queue.push(at + this.random.between(30, 900), this.arrival(node, block));
      }
      this.queue.push(at + this.random.between(1_000, 2_500), this.finality(chain, block));
      return author?.author(at, block) ?? SILENCE;
    };
  }

  private arrival(node: SimulatedNode, block: Block): Happening {
    return (at) => (node.syncing ? SILENCE : node.importBlock(at, block, 'NetworkBroadcast'));
  }

  /** Votes have come in: the chain is final up to two or three blocks below the newest one. */
  private finality(chain: Chain, newest: Block): Happening {
    return (at) => {
      const block = chain.finalize(newest.height - this.random.between(2, 3));
      for (const node of this.running(chain)) {
        this.queue.push(at + this.random.between(10, 400), (time) => node.finalize(time, block));
      }
      return SILENCE;
    };
  }

  private running(chain: Chain): SimulatedNode[] {
    return this.nodes.filter((node) => node.started && node.profile.chain === chain);
  }
}
