import type { KnownPeer } from '../messages/system-messages.js';
import type { Random } from '../random/random.js';

interface PeerPlan {
  /** How many a node knows of; those beyond the nodes of the simulation are made up. */
  readonly known: number;
  /** How many are connected at a time: the least and the most. */
  readonly connected: readonly [number, number];
  /** How many of the others a network state lists: the least and the most. */
  readonly notConnected: readonly [number, number];
  /** The share of peers that are banned. */
  readonly banned: number;
}

/** What most peers have that once behaved and are gone; the lowest is a ban. Both are in real messages. */
const USUAL_REPUTATION = -2_646;
const BANNED = -2_104_533_976;
const LOWEST = -400;
const HIGHEST = 7_400;

/**
 * The peers that one node knows: a section of a directory that many nodes share, with a reputation for each. Those
 * that are connected are a window that moves over it.
 */
export class Peers {
  readonly known: number;
  private readonly reputations: Int32Array;
  private count: number;
  private others: number;
  private shift = 0;

  /**
   * @param directory the peers of a chain; those of a node are `plan.known` from `first` on
   * @param self the peer id that is left out
   */
  constructor(
    private readonly directory: readonly KnownPeer[],
    private readonly first: number,
    private readonly self: string,
    private readonly plan: PeerPlan,
    private readonly random: Random,
  ) {
    this.known = Math.max(0, Math.min(plan.known, directory.length - 1));
    this.count = this.within(random.between(...plan.connected), plan.connected);
    this.others = this.within(random.between(...plan.notConnected), plan.notConnected);
    this.reputations = new Int32Array(this.known).map((_, index) => this.firstReputation(index));
  }

  /** How many are connected. */
  get connectedCount(): number {
    return this.count;
  }

  at(index: number): KnownPeer {
    const peer = this.entry(this.first + index);
    // The peer after the section replaces the node itself, to avoid duplicates.
    return peer.peerId === this.self ? this.entry(this.first + this.known) : peer;
  }

  /** Indexes of the peers that are connected. */
  connected(): number[] {
    return Array.from({ length: this.count }, (_, offset) => (this.shift + offset) % this.known);
  }

  /** Indexes of the others that a network state lists. */
  notConnected(): number[] {
    const count = Math.min(this.others, this.known - this.count);
    return Array.from({ length: count }, (_, offset) => (this.shift + this.count + offset) % this.known);
  }

  isConnected(index: number): boolean {
    return (index - this.shift + this.known) % this.known < this.count;
  }

  reputation(index: number): number {
    return this.reputations[index] ?? 0;
  }

  /** A while passes: some peers come, some go, and now and then the window moves. */
  wander(): void {
    this.count = this.within(this.count + this.random.between(-1, 1), this.plan.connected);
    this.others = this.within(this.others + this.random.between(-2, 2), this.plan.notConnected);
    if (this.known > 0 && this.random.chance(0.1)) this.shift = (this.shift + 1) % this.known;
  }

  /** Reputations change: those of connected peers go up and down, those of banned ones fade. */
  drift(): void {
    for (let index = 0; index < this.known; index += 1) {
      const now = this.reputation(index);
      if (this.isConnected(index)) this.reputations[index] = this.drifted(now);
      else if (now < USUAL_REPUTATION) this.reputations[index] = now - Math.floor(now / 50);
      else if (now > LOWEST) this.reputations[index] = now - Math.ceil((now - LOWEST) / 50);
    }
    if (this.known > 0 && this.random.chance(this.plan.banned)) {
      this.reputations[this.random.between(0, this.known - 1)] = BANNED;
    }
  }

  private entry(place: number): KnownPeer {
    const peer = this.directory[place % this.directory.length];
    if (peer === undefined) throw new RangeError('There is no such peer.');
    return peer;
  }

  private drifted(reputation: number): number {
    return Math.min(HIGHEST, Math.max(LOWEST, reputation + this.random.between(-60, 90)));
  }

  private firstReputation(index: number): number {
    if (this.isConnected(index)) return this.random.between(LOWEST, HIGHEST);
    if (this.random.chance(this.plan.banned)) return BANNED;
    return this.random.chance(0.7) ? USUAL_REPUTATION : this.random.between(USUAL_REPUTATION, 0);
  }

  private within(value: number, [min, max]: readonly [number, number]): number {
    return Math.min(this.known, Math.min(max, Math.max(min, value)));
  }
}
