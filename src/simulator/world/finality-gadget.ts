import type { Block, Chain } from '../chain.js';
import { announcedBlock, issuedCommit, receivedCommit, receivedVote } from '../messages/chain-messages.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { ChainPlan } from '../scenarios/scenario.js';
import type { Clock } from './clock.js';
import { Episodes } from './episodes.js';
import type { WorldObserver } from './observer.js';

/** The authorities that author and finalize blocks. Each change increments the id and replaces one member. */
export class AuthoritySet {
  private number = 0;
  private members: readonly string[];
  private readonly waiting: string[];

  /**
   * @param candidates addresses of all possible authorities
   * @param activeShare share of active authorities
   */
  constructor(candidates: readonly string[], activeShare: number) {
    const active = Math.max(1, Math.ceil(candidates.length * activeShare));
    this.members = candidates.slice(0, active);
    this.waiting = candidates.slice(active);
  }

  get id(): number {
    return this.number;
  }

  get authorities(): readonly string[] {
    return this.members;
  }

  change(random: Random): void {
    this.number += 1;
    const next = this.waiting.shift();
    if (next === undefined) return;
    const leaving = random.pick(this.members);
    this.members = [...this.members.filter((member) => member !== leaving), next];
    this.waiting.push(leaving);
  }
}

interface FinalityOptions {
  plan: ChainPlan['finality'];
  chain: Chain;
  /** The nodes of this chain. */
  nodes: readonly SimulatedNode[];
  random: Random;
  clock: Clock;
  observer: WorldObserver;
}

/** Maximum number of signers in a commit. */
const MAX_SIGNERS = 9;

/** Voting rounds that finalize blocks, unless finality is stalled. */
export class FinalityGadget {
  private rounds = 0;
  private readonly stalls: Episodes;

  constructor(
    private readonly options: FinalityOptions,
    private readonly authorities: AuthoritySet,
  ) {
    const { plan, clock, chain, observer } = options;
    this.stalls = new Episodes({
      plans: plan.stalls,
      clock,
      began: (at) => observer.episodeBegan?.('stall', chain, at),
      ended: (at) => observer.episodeEnded?.('stall', chain, at),
    });
  }

  /** @param startAt start of the simulation: milliseconds since the epoch */
  begin(startAt: number): void {
    this.stalls.schedule(startAt);
  }

  /** A new authority set restarts the round counter. */
  restartRounds(): void {
    this.rounds = 0;
  }

  /**
   * Runs a voting round. It finalizes the chain up to some blocks below the best one, but not above `limit`, where the
   * chain is forked. During a stall, there are too few votes.
   */
  round(at: number, limit: number): void {
    const { plan, chain, random } = this.options;
    const { blocks, catchUpBlocks } = plan;
    const below = chain.best.height - random.between(...blocks);
    const height = Math.min(below, limit, chain.finalized.height + catchUpBlocks);
    if (this.stalls.isOn) {
      this.sendVotes(at, chain.nearest(Math.min(below, limit)), false);
      return;
    }
    this.rounds += 1;
    const block = chain.finalize(height);
    this.sendVotes(at, block, true);
    for (const node of this.options.nodes) {
      if (!node.started) continue;
      const later = random.logNormal(20 + node.profile.latency.medianMs / 2, 0.4);
      this.options.clock.at(at + later, (time) => node.finalize(time, block));
    }
  }

  private sendVotes(at: number, block: Block, enough: boolean): void {
    const { plan, clock, random, nodes } = this.options;
    const { id, authorities } = this.authorities;
    if (plan.votes === 0 || authorities.length === 0) return;
    const round = this.rounds + (enough ? 0 : 1);
    const committer = random.pick(authorities);
    for (const node of nodes) {
      if (!node.sends('afg.received_prevote')) continue;
      const voters = this.someVoters(plan.votes);
      clock.at(at + random.between(1, 20), (time) => {
        for (const voter of voters) node.emit(time, receivedVote('prevote', voter, block));
        if (this.votes(node)) node.emit(time, announcedBlock(block, round, id));
        if (!enough) return;
        for (const voter of voters) node.emit(time, receivedVote('precommit', voter, block));
        if (node.profile.authorityId === committer) node.emit(time, issuedCommit(block));
        else node.emit(time, receivedCommit(authorities.slice(0, MAX_SIGNERS), block));
      });
    }
  }

  private votes({ profile }: SimulatedNode): boolean {
    return profile.authorityId !== undefined && this.authorities.authorities.includes(profile.authorityId);
  }

  /** Consecutive authorities from a random position. */
  private someVoters(count: number): string[] {
    const { authorities } = this.authorities;
    const first = this.options.random.between(0, authorities.length - 1);
    return [...authorities.slice(first), ...authorities.slice(0, first)].slice(0, count);
  }
}
