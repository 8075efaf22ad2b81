import type { JsonObject } from './exact-json.js';
import type { NodeProfile } from './node-profile.js';
import type { Random } from './random.js';

/** A peer as another node knows it. */
export interface KnownPeer {
  readonly peerId: string;
  readonly address: string;
  /** Implementation, version and name, as libp2p's identify protocol reports them. */
  readonly versionString: string;
}

/** What most peers have that once behaved and are gone; the lowest is a ban. Both are in real messages. */
const USUAL_REPUTATION = -2646;
const BANNED = -2_104_533_976;

/**
 * The fields of `system.network_state`.
 *
 * @param connected peers with an open connection
 * @param others peers that the node has only heard of
 */
export function networkStateFields(
  node: NodeProfile,
  connected: readonly KnownPeer[],
  others: readonly KnownPeer[],
  random: Random,
): JsonObject {
  return {
    state: {
      peerId: node.peerId,
      listenedAddresses: [node.address, '/ip4/127.0.0.1/tcp/30333', '/ip6/::1/tcp/30333'],
      externalAddresses: [node.address],
      connectedPeers: Object.fromEntries(
        connected.map((peer) => [peer.peerId, openConnection(peer, random)]),
      ),
      notConnectedPeers: Object.fromEntries(
        others.slice(0, 8).map((peer) => [peer.peerId, seenBefore(peer, random)]),
      ),
      averageDownloadPerSec: random.between(5_000, 60_000),
      averageUploadPerSec: random.between(5_000, 60_000),
      peerset: peerset(node, connected, others, random),
    },
  };
}

function peerset(
  node: NodeProfile,
  connected: readonly KnownPeer[],
  others: readonly KnownPeer[],
  random: Random,
): JsonObject {
  const nodes = reputations(connected, others, random);
  if (node.software.reputations === 'nodes') return { nodes, reserved_only: false, message_queue: 0 };
  // The second set is that of another protocol: some of the same peers, with a reputation of their own.
  const second = reputations(connected.slice(0, 3), others.slice(0, 3), random);
  return {
    sets: [
      { nodes, reserved_nodes: [], reserved_only: false },
      {
        nodes: second,
        reserved_nodes: connected.slice(0, 1).map((peer) => peer.peerId),
        reserved_only: false,
      },
    ],
    message_queue: 0,
  };
}

function reputations(
  connected: readonly KnownPeer[],
  others: readonly KnownPeer[],
  random: Random,
): JsonObject {
  const known = connected.map((peer) => [
    peer.peerId,
    { connected: true, reputation: random.between(-400, 7_400) },
  ]);
  const heardOf = others.map((peer) => {
    const usual = random.chance(0.7) ? USUAL_REPUTATION : random.between(-2_700, 0);
    return [peer.peerId, { connected: false, reputation: random.chance(0.02) ? BANNED : usual }];
  });
  return Object.fromEntries([...known, ...heardOf]) as JsonObject;
}

function openConnection(peer: KnownPeer, random: Random): JsonObject {
  const inbound = random.chance(0.5);
  const seenAt = peer.address.replace(/\d+$/, random.between(1_024, 65_535).toString());
  return {
    endpoint: inbound
      ? { listening: { local_addr: '/ip4/127.0.0.1/tcp/30333', send_back_addr: seenAt } }
      : { dialing: peer.address },
    knownAddresses: inbound ? [peer.address, seenAt] : [peer.address],
    versionString: peer.versionString,
    latestPingTime: pingTime(random),
    enabled: true,
    open: true,
  };
}

function seenBefore(peer: KnownPeer, random: Random): JsonObject {
  const reached = random.chance(0.4);
  return {
    knownAddresses: [peer.address],
    versionString: reached ? peer.versionString : null,
    latestPingTime: reached ? pingTime(random) : null,
  };
}

function pingTime(random: Random): JsonObject {
  return { secs: 0, nanos: random.between(1_000_000, 900_000_000) };
}
