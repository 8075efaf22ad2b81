import { type NodeProfile, renamed } from '../nodes/node-profile.js';
import type { SimulatedNode } from '../nodes/simulated-node.js';
import type { Software } from '../nodes/software.js';
import { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Clock } from './clock.js';
import type { Host } from './population.js';

/** A planned process, whose nodes share a socket. */
export interface HostPlan {
  readonly software: Software;
  readonly profiles: readonly NodeProfile[];
}

/*
 * Nodes with problematic identities. They are chosen after all nodes are planned, with separate random numbers, so that
 * everything else stays the same.
 */

/** Removes the genesis hash from some nodes, copies peer ids to others, and lets some report false heights. */
export function withOddIdentities(
  plans: readonly HostPlan[],
  { withoutGenesis, copiedKeys, falseHeights }: Scenario,
  seed: number,
): HostPlan[] {
  if (withoutGenesis + copiedKeys + falseHeights === 0) return [...plans];
  // The profile of a node with two connections is in two plans.
  const all = [...new Set(plans.flatMap(({ profiles }) => profiles))];
  const changed = new Map(all.map((profile) => [profile, profile]));
  const drawn = (kind: string, share: number, able = all): NodeProfile[] =>
    new Random(seed, 'identities', kind).sample(able, Math.round(all.length * share));
  const change = (one: NodeProfile, given: Partial<NodeProfile>): void => {
    changed.set(one, { ...(changed.get(one) ?? one), ...given });
  };

  const withoutHash = new Set(drawn('genesis', withoutGenesis, all.filter(sendsGenesis)));
  for (const one of withoutHash) change(one, { withoutGenesis: true });
  for (const one of drawn('falseHeights', falseHeights)) change(one, { sendsFalseHeights: true });

  // A server assigns nodes without a hash to another chain.
  const chainOf = (one: NodeProfile): unknown =>
    sendsGenesis(one) && !withoutHash.has(one) ? one.chain : one.chain.name;
  const copiers = new Set(drawn('copies', copiedKeys));
  const victims = new Set<NodeProfile>();
  const random = new Random(seed, 'identities', 'victims');
  for (const one of copiers) {
    const able = all.filter(
      (other) => !copiers.has(other) && !victims.has(other) && chainOf(other) === chainOf(one),
    );
    if (able.length === 0) continue;
    const victim = random.pick(able);
    victims.add(victim);
    change(one, { peerId: victim.peerId });
  }
  return plans.map((plan) => ({
    ...plan,
    profiles: plan.profiles.map((profile) => changed.get(profile) ?? profile),
  }));
}

/** Indexes of hosts with a second URL. */
export function hostsWithSecondUrl(hosts: number, { urlsGivenTwice }: Scenario, seed: number): number[] {
  const random = new Random(seed, 'identities', 'urls');
  const indexes = Array.from({ length: hosts }, (_, index) => index);
  return random.sample(indexes, Math.round(hosts * urlsGivenTwice)).sort((one, other) => one - other);
}

function sendsGenesis({ software }: NodeProfile): boolean {
  return software.details !== 'none';
}

interface IdentityChangesOptions {
  host: Host;
  scenario: Scenario;
  /** Of this host and this alone: what it draws shifts nothing else. */
  random: Random;
  clock: Clock;
}

/** A socket whose nodes change their ids, or say that they are others, while it stays open. */
export class IdentityChanges {
  private lastId: number;

  constructor(private readonly options: IdentityChangesOptions) {
    this.lastId = options.host.nodes.length;
  }

  begin(startAt: number): void {
    const { host, scenario, random } = this.options;
    const { changingIds, changingIdentity } = scenario;
    // Only the nested envelope has ids.
    if (host.software.envelope === 'nested' && random.chance(changingIds.share)) {
      this.repeat(startAt, changingIds.everySeconds, (node, at) => node.speakUnder((this.lastId += 1), at));
    }
    if (random.chance(changingIdentity.share)) {
      this.repeat(startAt, changingIdentity.everyMinutes * 60, (node, at) =>
        node.become(renamed(node.profile, random, at), at),
      );
    }
  }

  private repeat(startAt: number, seconds: number, change: (node: SimulatedNode, at: number) => void): void {
    const { host, random, clock } = this.options;
    const gap = (): number => 1000 * seconds * (0.9 + 0.2 * random.fraction());
    clock.repeat(startAt + gap(), gap, (at) => {
      for (const node of host.nodes) change(node, at);
    });
  }
}
