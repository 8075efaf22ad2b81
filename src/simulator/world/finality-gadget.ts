import type { AuthoritySet } from '../chain/authority-set.js';
import type { Block, Chain } from '../chain/chain.js';
import { isStalled } from '../chain/stalls.js';
import { announcedBlock, issuedCommit, receivedCommit, receivedVote } from '../messages/finality-messages.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Random } from '../random/random.js';
import type { ChainPlan } from '../scenarios/scenario.js';
import type { Clock } from './clock.js';

interface FinalityOptions {
  plan: ChainPlan['finality'];
  chain: Chain;
  /** The nodes of this chain. */
  nodes: readonly SimulatedNode[];
  random: Random;
  clock: Clock;
  startAt: number;
}

/** How many signers a commit names at most. */
const MAX_SIGNERS = 9;

/** The rounds of votes that make blocks final, until they stall. */
export class FinalityGadget {
  private rounds = 0;

  constructor(
    private readonly options: FinalityOptions,
    private readonly authorities: AuthoritySet,
  ) {}

  /** A new set of authorities begins to count anew. */
  restartRounds(): void {
    this.rounds = 0;
  }

  /**
   * Votes come in. They make the chain final up to a little below the newest block, but not beyond `limit`, above
   * which two branches are at odds; in a stall there are too few of them.
   */
  round(at: number, limit: number): void {
    const { plan, chain, random, startAt } = this.options;
    const { stalls, blocks, catchUpBlocks } = plan;
    const below = chain.best.height - random.between(...blocks);
    const height = Math.min(below, limit, chain.finalized.height + catchUpBlocks);
    if (isStalled(stalls, at - startAt)) {
      this.tellVotes(at, chain.nearest(Math.min(below, limit)), false);
      return;
    }
    this.rounds += 1;
    const block = chain.finalize(height);
    this.tellVotes(at, block, true);
    for (const node of this.options.nodes) {
      if (!node.started) continue;
      const later = random.logNormal(20 + node.profile.latency.medianMs / 2, 0.4);
      this.options.clock.at(at + later, (time) => node.finalize(time, block));
    }
  }

  private tellVotes(at: number, block: Block, enough: boolean): void {
    const { plan, clock, random, nodes } = this.options;
    const { id, authorities } = this.authorities;
    if (plan.votes === 0 || authorities.length === 0) return;
    const round = this.rounds + (enough ? 0 : 1);
    const committer = random.pick(authorities);
    for (const node of nodes) {
      if (!node.sends('afg.received_prevote')) continue;
      const voters = this.someVoters(plan.votes);
      clock.at(at + random.between(1, 20), (time) => {
        for (const voter of voters) node.say(time, receivedVote('prevote', voter, block));
        if (this.votes(node)) node.say(time, announcedBlock(block, round, id));
        if (!enough) return;
        for (const voter of voters) node.say(time, receivedVote('precommit', voter, block));
        if (node.profile.authorityId === committer) node.say(time, issuedCommit(block));
        else node.say(time, receivedCommit(authorities.slice(0, MAX_SIGNERS), block));
      });
    }
  }

  private votes({ profile }: SimulatedNode): boolean {
    return profile.authorityId !== undefined && this.authorities.authorities.includes(profile.authorityId);
  }

  /** A stretch of the list, from anywhere on. */
  private someVoters(count: number): string[] {
    const { authorities } = this.authorities;
    const first = this.options.random.between(0, authorities.length - 1);
    return [...authorities.slice(first), ...authorities.slice(0, first)].slice(0, count);
  }
}
