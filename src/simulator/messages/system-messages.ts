import type { Block } from '../chain.js';
import type { NodeProfile } from '../nodes/node-profile.js';
import type { Peers } from '../nodes/peers.js';
import type { Random } from '../random/random.js';
import type { JsonObject } from './envelope.js';

/**
 * The fields of `system.connected`.
 *
 * @param startupTime milliseconds since the epoch, by the clock of the node
 */
export function connectedFields(node: NodeProfile, startupTime: number): JsonObject {
  const { details } = node.software;
  return {
    name: node.name,
    chain: node.chain.name,
    implementation: node.software.implementation,
    version: node.version,
    config: '',
    authority: node.authorityId !== undefined,
    network_id: node.peerId,
    startup_time: startupTime.toString(),
    ...(details === 'none' || node.withoutGenesis === true ? {} : { genesis_hash: node.chain.genesisHash }),
    ...(details === 'machine'
      ? {
          target_os: 'linux',
          target_arch: 'x86_64',
          target_env: 'gnu',
          sysinfo: { ...node.hardware.sysinfo },
        }
      : {}),
  };
}

/** The fields of `sysinfo.hwbench`: scores in MB/s. */
export function benchmarkFields(node: NodeProfile, random: Random): JsonObject {
  const { speed } = node.hardware;
  const score = (min: number, max: number): number => Math.round(speed * random.between(min, max));
  return {
    cpu_hashrate_score: score(700, 1_300),
    memory_memcpy_score: score(9_000, 22_000),
    disk_sequential_write_score: score(400, 2_500),
    disk_random_write_score: score(150, 1_200),
    parallel_cpu_hashrate_score: score(600, 1_200),
    parallel_cpu_cores: node.hardware.sysinfo.core_count,
  };
}

/** State of a node for its report. */
interface NodeStatus {
  best: Block;
  finalized: Block;
  peers: number;
  txcount: number;
}

/** The fields of the `system.interval` messages of one report: of one message, or of two. */
export function intervalFields(node: NodeProfile, status: NodeStatus, random: Random): JsonObject[] {
  const chain = {
    height: status.best.height,
    best: status.best.hash,
    txcount: status.txcount,
    finalized_height: status.finalized.height,
    finalized_hash: status.finalized.hash,
    used_state_cache_size: random.between(1_000_000, 9_000_000),
  };
  const network = {
    peers: status.peers,
    bandwidth_download: random.between(5_000, 60_000),
    bandwidth_upload: random.between(5_000, 60_000),
  };
  if (node.software.intervals === 'split') return [chain, network];
  return [
    {
      ...network,
      ...chain,
      cpu: random.fraction() * 100,
      memory: random.between(800_000, 1_400_000),
      used_db_cache_size: random.between(0, 3_000_000),
      disk_read_per_sec: random.between(0, 200_000),
      disk_write_per_sec: random.between(0, 400_000),
    },
  ];
}

/** A peer in the network state of a node. */
export interface KnownPeer {
  readonly peerId: string;
  readonly address: string;
  /** Implementation, version and name, as libp2p's identify protocol reports them. */
  readonly versionString: string;
}

/** The state in `system.network_state`, with the reputations in the shape of the build of the node. */
export function networkState(node: NodeProfile, peers: Peers, random: Random): JsonObject {
  const connectedPeers: Record<string, JsonObject> = {};
  for (const index of peers.connected()) {
    const peer = peers.at(index);
    connectedPeers[peer.peerId] = openConnection(peer, random);
  }
  const notConnectedPeers: Record<string, JsonObject> = {};
  for (const index of peers.notConnected()) {
    const peer = peers.at(index);
    notConnectedPeers[peer.peerId] = seenBefore(peer, random);
  }
  return {
    peerId: node.peerId,
    listenedAddresses: [node.address, '/ip4/127.0.0.1/tcp/30333', '/ip6/::1/tcp/30333'],
    externalAddresses: [node.address],
    connectedPeers,
    notConnectedPeers,
    averageDownloadPerSec: random.between(5_000, 60_000),
    averageUploadPerSec: random.between(5_000, 60_000),
    peerset: peerset(node, peers),
  };
}

function peerset(node: NodeProfile, peers: Peers): JsonObject {
  const nodes = reputations(peers, 1);
  if (node.software.reputations !== 'sets') return { nodes, reserved_only: false, message_queue: 0 };
  const [reserved] = peers.connected();
  return {
    sets: [
      { nodes, reserved_nodes: [], reserved_only: false },
      // The set of another protocol: some of the same peers, each with a reputation of its own.
      {
        nodes: reputations(peers, 8),
        reserved_nodes: reserved === undefined ? [] : [peers.at(reserved).peerId],
        reserved_only: false,
      },
    ],
    message_queue: 0,
  };
}

/** The reputation of one peer in `step`. */
function reputations(peers: Peers, step: number): JsonObject {
  const nodes: Record<string, JsonObject> = {};
  for (let index = 0; index < peers.known; index += step) {
    const connected = peers.isConnected(index);
    const reputation = peers.reputation(index);
    nodes[peers.at(index).peerId] = {
      connected,
      reputation: step === 1 ? reputation : Math.trunc(reputation / 2),
    };
  }
  return nodes;
}

function openConnection(peer: KnownPeer, random: Random): JsonObject {
  const inbound = random.chance(0.8);
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
