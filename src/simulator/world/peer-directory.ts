import type { Chain } from '../chain/chain.js';
import type { KnownPeer } from '../messages/network-state.js';
import type { NodeProfile } from '../nodes/node-profile.js';
import { peerId } from '../random/identifiers.js';
import type { Random } from '../random/random.js';

/**
 * The peers that the nodes of each chain can know of: those nodes, and as many strangers, which are heard of without
 * being part of the simulation, as are needed for `known` of them and one more.
 */
export function createDirectories(
  everybody: readonly NodeProfile[],
  known: number,
  random: Random,
): ReadonlyMap<Chain, readonly KnownPeer[]> {
  const members = new Map<Chain, Map<string, KnownPeer>>();
  for (const profile of everybody) {
    const ofChain = members.get(profile.chain) ?? new Map<string, KnownPeer>();
    // By their ids: some nodes are connected twice.
    members.set(profile.chain, ofChain.set(profile.peerId, knownAs(profile)));
  }
  const strangers: KnownPeer[] = [];
  const directories = new Map<Chain, readonly KnownPeer[]>();
  for (const [chain, ofChain] of members) {
    const missing = Math.max(0, known + 1 - ofChain.size);
    while (strangers.length < missing) strangers.push(stranger(random, strangers.length, everybody));
    directories.set(chain, mingled([...ofChain.values()], strangers.slice(0, missing)));
  }
  return directories;
}

/** Members among strangers, so that any stretch has some of both. */
function mingled(members: readonly KnownPeer[], strangers: readonly KnownPeer[]): KnownPeer[] {
  const step = members.length / Math.max(1, strangers.length);
  const peers: KnownPeer[] = [];
  let done = 0;
  strangers.forEach((peer, index) => {
    const next = Math.ceil((index + 1) * step);
    peers.push(...members.slice(done, next), peer);
    done = Math.min(members.length, next);
  });
  return [...peers, ...members.slice(done)];
}

function knownAs({ peerId, address, software, version, name }: NodeProfile): KnownPeer {
  return { peerId, address, versionString: `${software.implementation}/v${version} (${name})` };
}

function stranger(random: Random, index: number, models: readonly NodeProfile[]): KnownPeer {
  const { software, version } = random.pick(models);
  return {
    peerId: peerId(random, random.chance(0.9) ? 'key' : 'hash'),
    address: `/ip4/192.0.2.${random.between(1, 254)}/tcp/30333`,
    versionString: `${software.implementation}/v${version} (stranger-${index})`,
  };
}
