import { Chain } from '../chain/chain.js';
import type { KnownPeer } from '../messages/network-state.js';
import { createComputer } from '../nodes/computer.js';
import type { NetworkEvent } from '../nodes/events.js';
import { Mix } from '../nodes/mix.js';
import { createProfile, type NodeProfile, type Place } from '../nodes/node-profile.js';
import { Peers } from '../nodes/peers.js';
import { SimulatedNode } from '../nodes/simulated-node.js';
import { type Software, SOFTWARE } from '../nodes/software.js';
import { Random } from '../random/random.js';
import { chainId, type ChainPlan, type Scenario } from '../scenarios/scenario.js';
import { givenTwice, type HostPlan, withOddIdentities } from './odd-identities.js';
import { createDirectories } from './peer-directory.js';

/** A process: one socket, for one node or several. */
export interface Host {
  readonly index: number;
  /** The path that it connects to; some have a trailing slash, as in real set-ups. */
  readonly path: string;
  readonly software: Software;
  readonly nodes: readonly SimulatedNode[];
  /** It is the second socket of nodes that have another host: they greet over it, and only an outage of the collector ends it. */
  readonly greetsOnly: boolean;
}

export interface Population {
  readonly chains: readonly { readonly plan: ChainPlan; readonly chain: Chain }[];
  readonly hosts: readonly Host[];
  /** Each of them once, without those on second sockets. */
  readonly nodes: readonly SimulatedNode[];
}

/** Nodes of a chain that may make blocks: real sets of authorities do not grow with the network. */
const MAX_AUTHORITIES = 300;

/** Makes up chains, hosts and nodes. */
export class Settlement {
  private readonly chains: Population['chains'];
  private readonly authorities = new Map<Chain, number>();
  private readonly chainMix: Mix<string>;
  private readonly softwareMix: Mix<keyof typeof SOFTWARE>;

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
    private readonly startAt: number,
  ) {
    const { chains, lagging } = scenario;
    // Nodes that are behind find the blocks that they lack.
    const kept = Math.max(128, lagging.share > 0 || lagging.atStart > 0 ? lagging.blocks[1] + 64 : 0);
    this.chains = chains.map((plan) => {
      const { name, slotSeconds, startHeight } = plan;
      return {
        plan,
        chain: new Chain({
          name,
          id: chainId(plan),
          seed,
          slotMs: slotSeconds * 1000,
          startHeight,
          startAt,
          kept,
        }),
      };
    });
    this.chainMix = new Mix(Object.fromEntries(chains.map((plan) => [chainId(plan), plan.weight])));
    this.softwareMix = new Mix(scenario.software);
  }

  /** @param outbox where the nodes put what they say */
  found(outbox: NetworkEvent[]): Population {
    const plans = withOddIdentities(this.planHosts(), this.scenario, this.seed);
    const everybody = plans.flatMap(({ profiles }) => profiles);
    const directories = createDirectories(
      everybody,
      this.scenario.peers.known,
      new Random(this.seed, 'strangers'),
    );
    const paths = this.paths(plans.length);
    const hostOf = (
      { software, profiles }: HostPlan,
      index: number,
      path = '/',
      greetsOnly = false,
    ): Host => ({
      index,
      path,
      software,
      nodes: profiles.map((profile, position) =>
        this.createNode(
          profile,
          { index, position, greetsOnly },
          directories.get(profile.chain) ?? [],
          outbox,
        ),
      ),
      greetsOnly,
    });
    const hosts = plans.map((plan, index) => hostOf(plan, index, paths[index]));
    const nodes = hosts.flatMap((host) => host.nodes);
    // Behind the others, so that those are the same with them and without them.
    const seconds = givenTwice(hosts.length, this.scenario, this.seed).flatMap((first, number) => {
      const plan = plans[first];
      return plan === undefined ? [] : [hostOf(plan, hosts.length + number, paths[first], true)];
    });
    return { chains: this.chains, hosts: [...hosts, ...seconds], nodes };
  }

  private planHosts(): HostPlan[] {
    const { nodes, duplicates } = this.scenario;
    const plans: HostPlan[] = [];
    let owed = 0;
    for (let left = nodes; left > 0;) {
      const plan = this.planHost(plans.length, left);
      plans.push(plan);
      left -= plan.profiles.length;
      // The same node once more, over another socket, counts as a node.
      owed += plan.profiles.length * duplicates;
      if (owed >= 1 && left >= plan.profiles.length) {
        plans.push(plan);
        left -= plan.profiles.length;
        owed -= plan.profiles.length;
      }
    }
    return plans;
  }

  private planHost(index: number, left: number): HostPlan {
    const { sharedSockets, wrongClocks } = this.scenario;
    const software = SOFTWARE[this.softwareMix.next()];
    const random = new Random(this.seed, 'host', index);
    const shared = {
      software,
      startAt: this.startAt,
      version: random.pick(software.versions),
      verbosity: Number(random.weighted(this.scenario.verbosity)),
      computer: createComputer(random, wrongClocks),
      payloadFirst: random.chance(0.5),
    };
    const several = software.envelope === 'nested' && random.chance(sharedSockets.share);
    const wanted = several ? random.between(...sharedSockets.nodes) : software.nodesPerSocket;
    const first = this.chainMix.next();
    const profiles = Array.from({ length: Math.min(left, wanted) }, (_, position) =>
      this.planNode(random, position, first, shared),
    );
    return { software, profiles };
  }

  private planNode(
    random: Random,
    position: number,
    firstChain: string,
    shared: Pick<Place, 'software' | 'startAt' | 'version' | 'verbosity' | 'computer' | 'payloadFirst'>,
  ): NodeProfile {
    const { plan, chain } = this.chainFrom(firstChain, position);
    const count = this.authorities.get(chain) ?? 0;
    const willing = random.chance(plan.authors);
    // Each chain has a node that makes blocks.
    const authority = count < MAX_AUTHORITIES && (count === 0 || willing);
    if (authority) this.authorities.set(chain, count + 1);
    const { latency } = this.scenario;
    const chosen = random.weighted(
      Object.fromEntries(latency.map(({ weight }, index) => [index.toString(), weight])),
    );
    return createProfile(random, {
      ...shared,
      chain,
      latency: latency[Number(chosen)] ?? { medianMs: 0, spread: 0 },
      idOnSocket: position + 1,
      authority,
    });
  }

  /** The chain that comes so many places after another. */
  private chainFrom(id: string, steps: number): Population['chains'][number] {
    const start = this.chains.findIndex(({ plan }) => chainId(plan) === id);
    const found = this.chains[(start + steps) % this.chains.length];
    if (found === undefined) throw new RangeError(`There is no chain ${id}.`);
    return found;
  }

  private createNode(
    profile: NodeProfile,
    { index, position, greetsOnly }: { index: number; position: number; greetsOnly: boolean },
    directory: readonly KnownPeer[],
    outbox: NetworkEvent[],
  ): SimulatedNode {
    const random = new Random(this.seed, 'node', index, position);
    const first = random.between(0, Math.max(0, directory.length - 1));
    const { peers: peerPlan, traces } = this.scenario;
    const peers = new Peers(directory, first, profile.peerId, peerPlan, random);
    const consensus = this.chains.find(({ chain }) => chain === profile.chain)?.plan.consensus ?? 'babe';
    return new SimulatedNode(profile, index, peers, random, { consensus, traces, greetsOnly }, outbox);
  }

  private paths(count: number): string[] {
    const random = new Random(this.seed, 'paths');
    const indexes = Array.from({ length: count }, (_, index) => index);
    const audited = new Set(random.sample(indexes, Math.round(count * this.scenario.audit)));
    return indexes.map((index) => {
      if (audited.has(index)) return random.pick(['/audit', '/audit', '/audit/']);
      return random.pick(['/', '/', '/', '/', '/submit', '/submit/']);
    });
  }
}
