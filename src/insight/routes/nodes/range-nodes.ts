import { chainKeySql, timeText } from '../../../storage/index.js';
import type { Scores } from '../../reference-hardware.js';
import { timeSql } from '../../tables/columns.js';
import type { ChainRead } from '../chain-reads.js';

/** A node of a chain that was seen in a time range, as it reported itself last before its end. */
export interface RangeNode {
  id: number;
  peerId: string;
  name: string | null;
  version: string | null;
  implementation: string | null;
  authority: boolean | null;
  /** The address that it connected from last; null once that is purged. */
  address: string | null;
  /** Number of the server process that received from it last. */
  collector: number;
}

/** Connections of a peer, one of which was used last: several are open at a time, or of another chain. */
const NEWEST = 16;

/** Sessions by their primary key, connections by their index on the peer. Those of long ago have expired. */
const NODES = `
  SELECT nodes.id, nodes.peer_id AS "peerId", nodes.name, nodes.last_collector AS collector, last.version, last.implementation, last.authority, address
    FROM nodes
    LEFT JOIN LATERAL (
      SELECT version, implementation, authority FROM insight_sessions AS session
       WHERE session.node_id = nodes.id AND session.began_at < ${timeSql('$4')}
       ORDER BY session.began_at DESC LIMIT 1) AS last ON true
    LEFT JOIN LATERAL (
      SELECT ip_addr AS address
        FROM (SELECT * FROM peer_connections AS one
               WHERE one.peer_id = nodes.peer_id AND one.created_at < ${timeSql('$4')}
               ORDER BY one.created_at DESC LIMIT ${NEWEST.toString()}) AS connection
       WHERE ${chainKeySql('connection')} = $2 AND first_message_at < ${timeSql('$4')}
       ORDER BY last_message_at DESC LIMIT 1) AS connected ON true
   WHERE nodes.chain_id = $1 AND nodes.last_seen_at >= ${timeSql('$3')} AND nodes.first_seen_at < ${timeSql('$4')}
   ORDER BY nodes.id`;

/** @throws errors of the database */
export async function rangeNodes({ transaction, id, key, range }: ChainRead): Promise<RangeNode[]> {
  return await transaction.query<RangeNode>(NODES, [id, key, range.from, range.to]);
}

/** A benchmark, and when the node sent it last. */
export interface Benchmark extends Scores {
  node: number;
  measured_at: string;
  cpu: number;
  memory: number;
  parallel_cpu_cores: number | null;
}

/** One of each node by the index on node and time: a node measures whenever it starts. */
const BENCHMARKS = `
  SELECT last.node_id AS node, ${timeText('last_at')} AS measured_at, cpu_score AS cpu,
         parallel_cpu_score AS parallel_cpu, parallel_cpu_cores, memory_score AS memory,
         disk_sequential_score AS disk_sequential, disk_random_score AS disk_random
    FROM nodes
   CROSS JOIN LATERAL (
         SELECT * FROM insight_hardware AS one
          WHERE one.chain_id = $1 AND one.node_id = nodes.id AND one.first_at < ${timeSql('$2')}
          ORDER BY one.last_at DESC, one.first_at DESC LIMIT 1) AS last
   WHERE nodes.chain_id = $1`;

/** The last benchmark of each node of a chain that was known before the end of a time range, by node. */
export async function benchmarks({ transaction, id, range }: ChainRead): Promise<Map<number, Benchmark>> {
  const rows = await transaction.query<Benchmark>(BENCHMARKS, [id, range.to]);
  return new Map(rows.map((row) => [row.node, row]));
}
