import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Clock } from './clock.js';
import type { WorldObserver } from './observer.js';

const SYNC_STEP_MS = 100;

/** How blocks come to one node: none while it is stuck, late ones while it trails, and one after another in a sync. */
export class BlockFlow {
  private isBehind = false;
  /** Counts what ends what was going on, such as a restart. */
  private interruptions = 0;

  constructor(
    readonly node: SimulatedNode,
    private readonly clock: Clock,
    private readonly observer: WorldObserver,
  ) {}

  /** Its process has started: it fetches what it lacks. */
  begin(at: number): void {
    const { node } = this;
    node.syncing = node.best.height < node.profile.chain.best.height;
    if (node.syncing) this.fallBehind(at);
    this.after(at + SYNC_STEP_MS, (time) => this.sync(time));
  }

  /** Its process ends. */
  interrupt(at: number): void {
    this.interruptions += 1;
    if (this.node.stuck) this.observer.stuckEnded?.(this.node, at);
    this.catchUp(at);
    this.node.stop();
  }

  /** No blocks come for a while; then it fetches what it has missed. */
  stick(at: number, forMs: number): void {
    const { node, observer } = this;
    if (!node.isReady) return;
    node.stuck = true;
    observer.stuckBegan?.(node, at);
    this.after(at + forMs, (time) => {
      node.stuck = false;
      observer.stuckEnded?.(node, time);
      node.syncing = true;
      this.sync(time);
    });
  }

  /** For a while it receives older blocks; then it fetches what it has missed. */
  trail(at: number, blocks: number, forMs: number): void {
    const { node } = this;
    if (!node.isReady) return;
    node.trailing = blocks;
    this.fallBehind(at, blocks);
    this.after(at + forMs, (time) => {
      node.trailing = 0;
      node.syncing = true;
      this.sync(time);
    });
  }

  /** Fetches one block after another until the node has what the others have. */
  private sync(at: number): void {
    const { node } = this;
    const { chain } = node.profile;
    if (!node.started) return;
    node.syncing = node.best.height < chain.best.height;
    if (!node.syncing) {
      this.catchUp(at);
      return;
    }
    this.fallBehind(at);
    node.importBlock(at, chain.nearest(node.best.height + 1), 'NetworkInitialSync');
    this.after(at + SYNC_STEP_MS, (time) => this.sync(time));
  }

  private fallBehind(at: number, blocks = this.node.profile.chain.best.height - this.node.best.height): void {
    if (!this.isBehind) this.observer.lagBegan?.(this.node, blocks, at);
    this.isBehind = true;
  }

  private catchUp(at: number): void {
    if (this.isBehind) this.observer.lagEnded?.(this.node, at);
    this.isBehind = false;
  }

  private after(time: number, action: (at: number) => void): void {
    const { interruptions } = this;
    this.clock.at(time, (at) => {
      if (this.interruptions === interruptions) action(at);
    });
  }
}
