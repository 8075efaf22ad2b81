import type { Block } from '../chain/chain.js';
import type { NodeProfile } from '../nodes/node-profile.js';
import type { Random } from '../random/random.js';
import type { JsonObject } from './exact-json.js';

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
          sysinfo: { ...node.computer.sysinfo },
        }
      : {}),
  };
}

/** The fields of `sysinfo.hwbench`: scores in MB/s. */
export function benchmarkFields(node: NodeProfile, random: Random): JsonObject {
  return {
    cpu_hashrate_score: random.between(700, 1_300),
    memory_memcpy_score: random.between(9_000, 22_000),
    disk_sequential_write_score: random.between(400, 2_500),
    disk_random_write_score: random.between(150, 1_200),
    parallel_cpu_hashrate_score: random.between(600, 1_200),
    parallel_cpu_cores: node.computer.sysinfo.core_count,
  };
}

/** What a node knows of its surroundings when it reports. */
export interface NodeStatus {
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
