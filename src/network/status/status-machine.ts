import type { Branch } from './branches.js';
import type { ConnectedStatus, StatusLimits } from './status.js';

/** A best block. Times are microseconds since the epoch, by the clock of the database. */
export interface Best {
  height: number;
  hash: string;
  /** When the node reported it first. */
  at: number;
  /** Whether `at` is when it was imported: otherwise the node may have had it for longer. */
  isImport: boolean;
  /** When the node last reported that this is its best block. */
  reportedAt: number;
}

/** What is known of a node. */
export interface NodeSight {
  /** When its last message was received. */
  heardAt: number;
  best: Best | undefined;
}

/** What is known of its chain. */
export interface ChainSight {
  /** The best height that counts; undefined if there is none. */
  height: number | undefined;
  /** How the best block of the node compares with those of other nodes. */
  branch: Branch;
}

/** A status, and since when a node has it. */
export interface StatusSince {
  status: ConnectedStatus;
  since: number;
}

/** How far a node was behind its chain. */
interface Distance {
  at: number;
  blocks: number;
}

/**
 * Determines the status of a node from what is known of it and of its chain, at one time after another. A status begins
 * after its time in {@link StatusLimits}, and ends as soon as its condition does not hold.
 */
export class StatusMachine {
  private current: StatusSince | undefined;
  private bestHash: string | undefined;
  private bestAt = -Infinity;
  /** The height of the chain when its best block changed; undefined until that is known. */
  private chainThen: number | undefined;
  /** The unchanged best block with which it is stuck. */
  private stuckHash: string | undefined;
  private behindSince: number | undefined;
  private forkSince: number | undefined;
  /** When its last message was received before it became silent. */
  private silentAfter = -Infinity;
  private distances: Distance[] = [];
  /** Until then a node that is far behind counts as gaining. */
  private gainsUntil = -Infinity;
  /** What happened before is not known. */
  private watchedFrom = -Infinity;
  private isRestored = false;

  /**
   * @param beganAt since when the node has its first status
   * @param restored its status by the last pass of another process
   */
  constructor(
    private readonly limits: StatusLimits,
    private readonly beganAt: number,
    restored?: StatusSince,
  ) {
    if (restored === undefined) return;
    this.current = restored;
    this.isRestored = true;
    if (restored.status === 'silent') this.silentAfter = restored.since;
    if (restored.status === 'fork') this.forkSince = -Infinity;
    if (restored.status === 'lagging') this.behindSince = -Infinity;
  }

  /** Undefined before the first observation. */
  get state(): StatusSince | undefined {
    return this.current;
  }

  observe(now: number, node: NodeSight, chain: ChainSight): StatusSince {
    const best = this.isKnown(now, node.best) ? node.best : undefined;
    this.follow(now, best, chain.height);
    const behind =
      best === undefined || chain.height === undefined ? 0 : Math.max(0, chain.height - best.height);
    // All of them, since each remembers what it sees.
    const holds: Record<Exclude<ConnectedStatus, 'healthy'>, boolean> = {
      silent: this.isSilent(now, node.heardAt),
      syncing: this.isSyncing(now, behind),
      fork: best !== undefined && this.isOnFork(now, chain.branch),
      stuck: best !== undefined && this.isStuck(now, chain.height),
      lagging: this.isLagging(now, behind),
    };
    const order = ['silent', 'syncing', 'fork', 'stuck', 'lagging'] as const;
    const status = order.find((one) => holds[one]) ?? 'healthy';
    if (status !== this.current?.status) {
      this.current = { status, since: this.current === undefined ? this.beganAt : now };
    }
    return this.current;
  }

  /** Begins all times again, because nodes were not observed. A status stays as long as its condition holds. */
  resume(now: number): void {
    const status = this.current?.status;
    this.watchedFrom = now;
    if (status !== 'lagging') this.behindSince = undefined;
    if (status !== 'fork') this.forkSince = undefined;
    if (this.stuckHash === undefined) this.chainThen = undefined;
    this.distances = [];
    if (status === 'syncing') this.gainsUntil = now + this.limits.gainUs;
  }

  /** A node that sends messages, but no best block, is not judged by an old one. */
  private isKnown(now: number, best: Best | undefined): boolean {
    return best !== undefined && now - Math.max(best.reportedAt, this.watchedFrom) < this.limits.silentUs;
  }

  private follow(now: number, best: Best | undefined, chainHeight: number | undefined): void {
    if (best !== undefined && best.hash !== this.bestHash) {
      const isFirst = this.bestHash === undefined;
      this.bestHash = best.hash;
      this.bestAt = best.at;
      this.chainThen = chainHeight;
      this.stuckHash = undefined;
      if (isFirst) this.begin(now, best);
    }
    this.chainThen ??= chainHeight;
  }

  private begin(now: number, best: Best): void {
    const { current, isRestored } = this;
    const wasStuck = isRestored && current?.status === 'stuck';
    if (wasStuck && !(best.isImport && best.at > current.since)) this.stuckHash = best.hash;
    if (!isRestored || current?.status === 'syncing') this.gainsUntil = now + this.limits.gainUs;
  }

  private isSilent(now: number, heardAt: number): boolean {
    const isQuiet = now - Math.max(heardAt, this.watchedFrom) >= this.limits.silentUs;
    if (isQuiet) this.silentAfter = Math.max(this.silentAfter, heardAt);
    return isQuiet || (this.current?.status === 'silent' && heardAt <= this.silentAfter);
  }

  private isSyncing(now: number, behind: number): boolean {
    const { syncingBlocks, gainUs } = this.limits;
    if (behind <= syncingBlocks) {
      this.distances = [];
      return false;
    }
    this.distances = this.distances.filter(({ at }) => at >= now - gainUs);
    this.distances.push({ at: now, blocks: behind });
    return behind < (this.distances[0]?.blocks ?? 0) || now < this.gainsUntil;
  }

  private isOnFork(now: number, branch: Branch): boolean {
    // Without a majority at its height it stays where it was: it may be ahead on its branch.
    if (branch === 'majority') this.forkSince = undefined;
    if (branch === 'minority') this.forkSince ??= now;
    return this.forkSince !== undefined && now - this.forkSince >= this.limits.forkUs;
  }

  private isStuck(now: number, chainHeight: number | undefined): boolean {
    const { stuckUs, stuckBlocks } = this.limits;
    if (this.stuckHash !== undefined) return true;
    if (chainHeight === undefined || this.chainThen === undefined) return false;
    const isUnchanged = now - Math.max(this.bestAt, this.watchedFrom) >= stuckUs;
    if (isUnchanged && chainHeight - this.chainThen >= stuckBlocks) this.stuckHash = this.bestHash;
    return this.stuckHash !== undefined;
  }

  private isLagging(now: number, behind: number): boolean {
    const { laggingUs, laggingBlocks } = this.limits;
    if (behind < laggingBlocks) this.behindSince = undefined;
    else this.behindSince ??= now;
    return this.behindSince !== undefined && now - this.behindSince >= laggingUs;
  }
}
