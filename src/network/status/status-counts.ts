import { chainKeySql, type ReadTransaction } from '../../storage/index.js';
import type { ConnectedStatus } from './status.js';

/** Passes may be rare, but not so rare. */
const KNOWN_FOR = "interval '5 min'";

/** The number of connected nodes of a chain with one status. */
export interface StatusCount {
  /** The key of the chain: see `chainKeyOf`. */
  chain: string;
  status: ConnectedStatus;
  nodes: number;
}

/** By the index of open connections. All connections of a node have the same status, once a pass has seen them. */
export const STATUS_COUNTS = `
  SELECT chain, status, count(*)::integer AS nodes
    FROM (SELECT ${chainKeySql()} COLLATE "C" AS chain, min(status COLLATE "C") AS status
            FROM peer_connections JOIN node_statuses ON connection_id = peer_connections.id
           WHERE ended_at IS NULL AND ${chainKeySql()} IS NOT NULL
           GROUP BY 1, coalesce(peer_id, id::text)) AS node
   GROUP BY chain, status`;

/**
 * Counts the connected nodes of every chain by status. Every replica returns the same. Nodes that connected within the
 * last seconds may have no status yet; those without a connection are `offline`, and not counted.
 *
 * @returns no element for a status that no node of a chain has; undefined if no server determines statuses
 */
export async function countNodesByStatus(transaction: ReadTransaction): Promise<StatusCount[] | undefined> {
  const passes = await transaction.query(
    `SELECT passed_at FROM node_status_pass WHERE passed_at > now() - ${KNOWN_FOR}`,
  );
  if (passes.length === 0) return undefined;
  return await transaction.query<StatusCount & Record<string, unknown>>(STATUS_COUNTS);
}
