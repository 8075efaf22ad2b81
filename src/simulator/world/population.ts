import { Chain } from '../chain.js';
import type { KnownPeer } from '../messages/system-messages.js';
import { createHardware, createProfile, type NodeProfile, type Place } from '../nodes/node-profile.js';
import { Peers } from '../nodes/peers.js';
import { SimulatedNode, type Surroundings } from '../nodes/simulated-node.js';
import { type Software, SOFTWARE } from '../nodes/software.js';
import { peerId, Random, WeightedChoice } from '../random/random.js';
import { chainId, type ChainPlan, type Scenario } from '../scenarios/scenario.js';
import { MachineDifferences } from './machine-differences.js';
import { UNOBSERVED } from './observer.js';
import { type HostPlan, hostsWithSecondUrl, withOddIdentities } from './identities.js';

/**
 * The peers that nodes of each chain can know: the nodes of the chain, and external peers that are not simulated, at least
 * `known + 1` in total.
 */
function createDirectories(
  profiles: readonly NodeProfile[],
  known: number,
  random: Random,
): ReadonlyMap<Chain, readonly KnownPeer[]> {
  const members = new Map<Chain, Map<string, KnownPeer>>();
  for (const profile of profiles) {
    const ofChain = members.get(profile.chain) ?? new Map<string, KnownPeer>();
    // By id, because some nodes are connected twice.
    members.set(profile.chain, ofChain.set(profile.peerId, knownAs(profile)));
  }
  const externalPeers: KnownPeer[] = [];
  const directories = new Map<Chain, readonly KnownPeer[]>();
  for (const [chain, ofChain] of members) {
    const missing = Math.max(0, known + 1 - ofChain.size);
    while (externalPeers.length < missing)
      externalPeers.push(externalPeer(random, externalPeers.length, profiles));
    directories.set(chain, interleaved([...ofChain.values()], externalPeers.slice(0, missing)));
  }
  return directories;
}

/** Interleaves members and external peers, so that any part of the list has both. */
function interleaved(members: readonly KnownPeer[], externalPeers: readonly KnownPeer[]): KnownPeer[] {
  const step = members.length / Math.max(1, externalPeers.length);
  const peers: KnownPeer[] = [];
  let done = 0;
  externalPeers.forEach((peer, index) => {
    const next = Math.ceil((index + 1) * step);
    peers.push(...members.slice(done, next), peer);
    done = Math.min(members.length, next);
  });
  return [...peers, ...members.slice(done)];
}

function knownAs({ peerId, address, software, version, name }: NodeProfile): KnownPeer {
  return { peerId, address, versionString: `${software.implementation}/v${version} (${name})` };
}

function externalPeer(random: Random, index: number, models: readonly NodeProfile[]): KnownPeer {
  const { software, version } = random.pick(models);
  return {
    peerId: peerId(random, random.chance(0.9) ? 'key' : 'hash'),
    address: `/ip4/192.0.2.${random.between(1, 254)}/tcp/30333`,
    versionString: `${software.implementation}/v${version} (other-network-${index})`,
  };
}

/** A process with one socket for one or several nodes. */
export interface Host {
  readonly index: number;
  /** The path of its URL; some have a trailing slash, as in reality. */
  readonly path: string;
  readonly software: Software;
  readonly nodes: readonly SimulatedNode[];
  /** It is a second socket of nodes of another host: they send only `system.connected` on it, and only an outage closes it. */
  readonly greetsOnly: boolean;
}

interface Population {
  readonly chains: readonly { readonly plan: ChainPlan; readonly chain: Chain }[];
  readonly hosts: readonly Host[];
  /** All nodes, without duplicates for second sockets. */
  readonly nodes: readonly SimulatedNode[];
}

/** How many blocks of a chain are kept below the final one: nodes that are behind need those that they lack. */
function blocksToKeep(scenario: Scenario, { slotSeconds }: ChainPlan): number {
  const { lagging, stuck, trailing, restarting, crashLoops, rollouts } = scenario;
  const during = (seconds: number): number => Math.ceil(seconds / slotSeconds);
  const missed = [
    lagging.share > 0 || lagging.atStart > 0 ? lagging.blocks[1] : 0,
    stuck.share > 0 ? during(60 * stuck.minutes[1]) : 0,
    trailing.share > 0 ? trailing.blocks[1] : 0,
    restarting.share > 0 ? during(restarting.downSeconds[1]) : 0,
    crashLoops.share > 0 ? during(60 * crashLoops.withinMinutes) : 0,
    ...rollouts.map(({ downSeconds }) => during(downSeconds[1])),
  ];
  return Math.max(128, Math.max(...missed) + 64);
}

/** Maximum number of authorities of a chain: real authority sets do not grow with the network. */
const MAX_AUTHORITIES = 300;

/** Generates chains, hosts and nodes. */
export class NetworkBuilder {
  private readonly chains: Population['chains'];
  private readonly authorities = new Map<Chain, number>();
  private readonly chainChoice: WeightedChoice<string>;
  private readonly softwareChoice: WeightedChoice<keyof typeof SOFTWARE>;
  private readonly machines: MachineDifferences;

  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
    private readonly startAt: number,
  ) {
    const { chains } = scenario;
    this.machines = new MachineDifferences(scenario, seed);
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
          kept: blocksToKeep(scenario, plan),
        }),
      };
    });
    this.chainChoice = new WeightedChoice(
      Object.fromEntries(chains.map((plan) => [chainId(plan), plan.weight])),
    );
    this.softwareChoice = new WeightedChoice(scenario.software);
  }

  build(surroundings: Surroundings): Population {
    const plans = withOddIdentities(this.planHosts(), this.scenario, this.seed);
    const profiles = plans.flatMap(({ profiles }) => profiles);
    const directories = createDirectories(
      profiles,
      this.scenario.peers.known,
      new Random(this.seed, 'other-network'),
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
          surroundings,
        ),
      ),
      greetsOnly,
    });
    const hosts = plans.map((plan, index) => hostOf(plan, index, paths[index]));
    const nodes = hosts.flatMap((host) => host.nodes);
    // Behind the others, so that those are the same with them and without them.
    const seconds = hostsWithSecondUrl(hosts.length, this.scenario, this.seed).flatMap((first, number) => {
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
    const { sharedSockets, wrongClocks, clocks } = this.scenario;
    const software = SOFTWARE[this.softwareChoice.next()];
    const random = new Random(this.seed, 'host', index);
    const shared = {
      software,
      startAt: this.startAt,
      version: random.pick(software.versions),
      verbosity: Number(random.weighted(this.scenario.verbosity)),
      hardware: this.machines.apply(
        index,
        createHardware(random, { wrong: wrongClocks, usualMs: clocks.usualMs }),
      ),
      payloadFirst: random.chance(0.5),
    };
    const several = software.envelope === 'nested' && random.chance(sharedSockets.share);
    const wanted = several ? random.between(...sharedSockets.nodes) : software.nodesPerSocket;
    const first = this.chainChoice.next();
    const profiles = Array.from({ length: Math.min(left, wanted) }, (_, position) =>
      this.planNode(random, position, first, shared),
    );
    return { software, profiles };
  }

  private planNode(
    random: Random,
    position: number,
    firstChain: string,
    shared: Pick<Place, 'software' | 'startAt' | 'version' | 'verbosity' | 'hardware' | 'payloadFirst'>,
  ): NodeProfile {
    const { plan, chain } = this.chainFrom(firstChain, position);
    const count = this.authorities.get(chain) ?? 0;
    const willing = random.chance(plan.authors);
    // Each chain has at least one authority.
    const authority = count < MAX_AUTHORITIES && (count === 0 || willing);
    if (authority) this.authorities.set(chain, count + 1);
    const { latency } = this.scenario;
    const chosen = random.weighted(
      Object.fromEntries(latency.map(({ weight }, index) => [index.toString(), weight])),
    );
    const chosenClass = latency[Number(chosen)];
    return createProfile(random, {
      ...shared,
      chain,
      latency: {
        class: Number(chosen),
        medianMs: chosenClass?.medianMs ?? 0,
        spread: chosenClass?.spread ?? 0,
      },
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
    surroundings: Surroundings,
  ): SimulatedNode {
    const random = new Random(this.seed, 'node', index, position);
    const first = random.between(0, Math.max(0, directory.length - 1));
    const { peers: peerPlan, traces, imports } = this.scenario;
    const peers = new Peers(directory, first, profile.peerId, peerPlan, random);
    const consensus = this.chains.find(({ chain }) => chain === profile.chain)?.plan.consensus ?? 'babe';
    return new SimulatedNode(
      profile,
      index,
      peers,
      random,
      { consensus, traces, imports, greetsOnly },
      // What happens to a node is observed once, whatever sockets it has.
      greetsOnly ? { ...surroundings, observer: UNOBSERVED } : surroundings,
    );
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
