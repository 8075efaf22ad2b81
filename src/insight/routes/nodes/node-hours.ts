import { HOUR_US } from '../../aggregate/index.js';
import { timeSql } from '../../tables/columns.js';
import type { ChainRead } from '../chain-reads.js';
import { HOURS_IN_RANGE } from './conditions.js';

const PEERS_BEFORE_US = 2 * HOUR_US;

const IN_RANGE = `hour > ${timeSql('$4')} - interval '1 hour'`;

/** Sums of each node in a time range, and its last hour there; the most peers also of two hours before. Read at once. */
const HOURS = `
  WITH hours AS MATERIALIZED (
    SELECT node_id, max(hour) AS hour, max(peers_max) AS peers_max, sum(clock_steps) FILTER (WHERE ${IN_RANGE}) AS clock_steps,
           sum(behind_sum) FILTER (WHERE ${IN_RANGE}) AS behind_sum,
           sum(behind_minutes) FILTER (WHERE ${IN_RANGE}) AS behind_minutes
      FROM insight_node_hours WHERE ${HOURS_IN_RANGE} GROUP BY node_id
  )
  SELECT node_id AS node, peers_bins AS "peersBins", clock_offset_us / 1000.0::float8 AS "clockOffsetMs",
         hours.peers_max::float8 AS "peersMax", coalesce(hours.clock_steps, 0)::float8 AS "clockSteps",
         coalesce(hours.behind_sum, 0)::float8 AS "behindSum", coalesce(hours.behind_minutes, 0)::float8 AS "behindMinutes"
    FROM hours
   CROSS JOIN LATERAL (SELECT peers_bins, clock_offset_us FROM insight_node_hours AS one
                        WHERE one.chain_id = $1 AND one.node_id = hours.node_id AND one.hour = hours.hour OFFSET 0) AS last`;

/** What the hours of a node in a time range show. */
export interface NodeHours {
  node: number;
  /** Of the last hour: see `countQuantile`. */
  peersBins: Buffer;
  /** Also of the two hours before the range. */
  peersMax: number | null;
  /** Of the last hour: milliseconds. */
  clockOffsetMs: number | null;
  clockSteps: number;
  /** Blocks by which it was behind, summed over minutes; and these minutes. */
  behindSum: number;
  behindMinutes: number;
}

/** @throws errors of the database */
export async function nodeHours({ transaction, id, range }: ChainRead): Promise<NodeHours[]> {
  return await transaction.query<NodeHours & Record<string, unknown>>(HOURS, [
    id,
    range.from - PEERS_BEFORE_US,
    range.to,
    range.from,
  ]);
}
