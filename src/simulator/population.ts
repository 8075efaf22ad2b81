import { Chain } from './chain.js';
import { peerId } from './identifiers.js';
import type { KnownPeer } from './network-state.js';
import { createComputer, createProfile, type NodeProfile } from './node-profile.js';
import { Random } from './random.js';
import { SimulatedNode } from './simulated-node.js';
import { type Software, softwareOf } from './software.js';

export interface PopulationOptions {
  /** How many nodes there are. */
  nodes: number;
  seed: number;
  /** When the simulation begins: milliseconds since the epoch. */
  startAt: number;
  /** The share of hosts that send to `/audit`, from 0 to 1. */
  audit: number;
}

/** A process: one socket, for one node or several. */
export interface Host {
  readonly index: number;
  /** The path that it connects to; some have a trailing slash, as in real set-ups. */
  readonly path: string;
  readonly software: Software;
  readonly nodes: readonly SimulatedNode[];
}

export interface Population {
  readonly chains: readonly Chain[];
  readonly hosts: readonly Host[];
  readonly nodes: readonly SimulatedNode[];
}

/** Peers that are heard of without being part of the simulation. */
const STRANGERS = 60;
/** Nodes of the network that a node can know of. */
const ACQUAINTANCES = 60;
/** Hosts that may make blocks: real sets of authorities do not grow with the network. */
const AUTHORITY_HOSTS = 300;

/** Makes up chains, hosts and nodes. */
export function createPopulation(options: PopulationOptions): Population {
  const { seed, startAt } = options;
  const relay = new Chain({ name: 'Simnet', seed, slotMs: 6_000, startHeight: 1_853_200, startAt });
  const parachain = new Chain({
    name: 'Simnet Parachain',
    seed,
    slotMs: 12_000,
    startHeight: 420_300,
    startAt,
  });

  const plans: { software: Software; profiles: NodeProfile[] }[] = [];
  for (let left = options.nodes; left > 0;) {
    const host = plans.length;
    const software = softwareOf(host);
    const count = Math.min(left, software.nodesPerSocket);
    const random = new Random(seed, 'host', host);
    const shared = {
      software,
      startAt,
      version: random.pick(software.versions),
      computer: createComputer(random),
      payloadFirst: random.chance(0.5),
    };
    const profiles = Array.from({ length: count }, (_, position) =>
      createProfile(random, {
        ...shared,
        chain: position === 0 ? relay : parachain,
        idOnSocket: position + 1,
        // The first host and all collators make blocks, so that each chain has nodes that do.
        authority: host < AUTHORITY_HOSTS && (host === 0 || position === 1 || random.chance(0.25)),
      }),
    );
    plans.push({ software, profiles });
    left -= count;
  }

  const paths = pathsOf(plans.length, options);
  const everybody = plans.flatMap(({ profiles }) => profiles);
  const strangers = createStrangers(new Random(seed, 'strangers'), everybody);
  const hosts = plans.map(({ software, profiles }, index) => ({
    index,
    path: paths[index] ?? '/',
    software,
    nodes: profiles.map((profile, position) => {
      const random = new Random(seed, 'node', index, position);
      return new SimulatedNode(
        profile,
        index,
        [...acquaintances(random, profile, everybody), ...strangers],
        random,
      );
    }),
  }));
  return { chains: [relay, parachain], hosts, nodes: hosts.flatMap(({ nodes }) => nodes) };
}

function pathsOf(count: number, { seed, audit }: PopulationOptions): string[] {
  const random = new Random(seed, 'paths');
  const indexes = Array.from({ length: count }, (_, index) => index);
  const audited = new Set(random.sample(indexes, Math.round(count * audit)));
  return indexes.map((index) => {
    if (audited.has(index)) return random.pick(['/audit', '/audit', '/audit/']);
    return random.pick(['/', '/', '/', '/', '/submit', '/submit/']);
  });
}

function acquaintances(random: Random, self: NodeProfile, everybody: readonly NodeProfile[]): KnownPeer[] {
  const step = Math.max(1, Math.floor(everybody.length / ACQUAINTANCES));
  const first = random.between(0, step - 1);
  const known: KnownPeer[] = [];
  for (let index = first; index < everybody.length; index += step) {
    const other = everybody[index];
    if (other !== undefined && other !== self && other.chain === self.chain) known.push(knownAs(other));
  }
  return known;
}

function knownAs(profile: NodeProfile): KnownPeer {
  const { peerId, address, software, version, name } = profile;
  return {
    peerId,
    address,
    versionString: `${software.implementation}/v${version} (${name})`,
  };
}

function createStrangers(random: Random, models: readonly NodeProfile[]): KnownPeer[] {
  return Array.from({ length: STRANGERS }, (_, index) => ({
    peerId: peerId(random, random.chance(0.9) ? 'key' : 'hash'),
    address: `/ip4/192.0.2.${random.between(1, 254)}/tcp/30333`,
    versionString: knownAs(random.pick(models)).versionString.replace(/\(.*\)$/, `(stranger-${index})`),
  }));
}
