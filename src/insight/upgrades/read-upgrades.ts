import { microsecondsOf, type ReadTransaction } from '../../storage/index.js';
import { sessionEnd } from '../sessions/session-rows.js';
import { timeSql } from '../tables/columns.js';

/** More nodes make the interval hardly narrower, and the response slow. */
const MAX_NODES = 500;
/** The time before and after an upgrade that is compared, and the time around it that is not: a node starts and syncs. */
const COMPARED = "interval '3 days'";
const LEFT_OUT = "interval '1 hour'";

/** Whether a version is the one that is asked for, or one of those that begin with it: `1.18.0` has `1.18.0-4f2e9a7c31b`. */
const isVersion = (column: string, wanted: string): string =>
  `(${column} = ${wanted} OR starts_with(${column}, ${wanted} || '-') OR starts_with(${column}, ${wanted} || '.'))`;

/**
 * The last upgrade of each node in a time range, and the times before and after it in which the node had these versions
 * only. Parameters: chain, start, end, both versions, and until when hours are complete.
 *
 * A node may be gone for long between the versions: the time before ends when it was last heard with the old one.
 */
const UPGRADES = `
  WITH upgrades AS (
    SELECT DISTINCT ON (session.node_id) session.node_id, session.began_at, session.version,
           least(session.began_at, earlier.ended_at) AS left_at, earlier.version AS from_version
      FROM insight_sessions AS session
      CROSS JOIN LATERAL (
             SELECT version, ${sessionEnd('before')} AS ended_at FROM insight_sessions AS before
              WHERE before.node_id = session.node_id AND version IS NOT NULL
                AND (began_at, connection_id) < (session.began_at, session.connection_id)
              ORDER BY began_at DESC, connection_id DESC LIMIT 1) AS earlier
     WHERE session.chain_id = $1 AND session.began_at >= ${timeSql('$2')} AND session.began_at < ${timeSql('$3')}
       AND ${isVersion('earlier.version', '$4')} AND ${isVersion('session.version', '$5')}
     ORDER BY session.node_id, session.began_at DESC, session.connection_id DESC
  ), picked AS (
    -- Any of them, but always the same.
    SELECT *, count(*) OVER ()::integer AS total FROM upgrades ORDER BY md5(node_id::text) LIMIT ${MAX_NODES.toString()}
  ), times AS (
    SELECT picked.*, left_at - ${LEFT_OUT} AS before_to, picked.began_at + ${LEFT_OUT} AS after_from,
           greatest(left_at - ${COMPARED}, entered_at + ${LEFT_OUT}) AS before_from,
           least(picked.began_at + ${COMPARED}, upgraded_again_at - ${LEFT_OUT}, ${timeSql('$6')}) AS after_to
      FROM picked
      CROSS JOIN LATERAL (
             SELECT max(${sessionEnd('other')}) AS entered_at FROM insight_sessions AS other
              WHERE other.node_id = picked.node_id AND ${sessionEnd('other')} > left_at - ${COMPARED}
                AND other.began_at < picked.began_at AND NOT ${isVersion('other.version', '$4')}) AS earlier
      CROSS JOIN LATERAL (
             SELECT min(began_at) AS next_at FROM insight_sessions AS other
              WHERE other.node_id = picked.node_id AND other.began_at > picked.began_at
                AND NOT ${isVersion('other.version', '$5')}) AS later
      CROSS JOIN LATERAL (
             SELECT least(next_at, max(${sessionEnd('own')})) AS upgraded_again_at FROM insight_sessions AS own
              WHERE own.node_id = picked.node_id AND own.began_at >= picked.began_at AND own.began_at < next_at
            ) AS last
  )
  SELECT node_id AS node, peer_id AS "peerId", name, total, from_version AS "fromVersion", version AS "toVersion",
         ${microsecondsOf('times.began_at')} AS at,
         ${microsecondsOf('least(before_from, before_to)')} AS "beforeFrom", ${microsecondsOf('before_to')} AS "beforeTo",
         ${microsecondsOf('after_from')} AS "afterFrom", ${microsecondsOf('greatest(after_from, after_to)')} AS "afterTo"
    FROM times JOIN nodes ON nodes.id = node_id`;

/** An upgrade of a node. Times are microseconds since the epoch. */
export interface Upgrade {
  node: number;
  peerId: string;
  name: string | null;
  fromVersion: string;
  toVersion: string;
  at: number;
  /** They may be empty. */
  beforeFrom: number;
  beforeTo: number;
  afterFrom: number;
  afterTo: number;
  /** All nodes with an upgrade, also those that were not picked. */
  total: number;
}

interface Wanted {
  /** The number of the chain. */
  chain: number;
  /** When upgrades are looked for, and until when hours are complete: microseconds since the epoch. */
  from: number;
  to: number;
  closedUntil: number;
  versions: readonly [from: string, to: string];
}

/** Finds which nodes went from one version to another: at most 500 of them. */
export async function readUpgrades(
  transaction: ReadTransaction,
  { chain, from, to, closedUntil, versions }: Wanted,
): Promise<Upgrade[]> {
  return await transaction.query<Upgrade>(UPGRADES, [chain, from, to, ...versions, closedUntil]);
}
