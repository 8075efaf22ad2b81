import { BRIEF_NODE_KEPT_MS, BRIEF_NODE_MS, sqlInterval } from '../../storage/index.js';
import type { ExpiringRows } from '../expiring-rows.js';

/** By the database's clock: a server whose clock is ahead removes nothing early. */
const LONG_GONE = `last_seen_at < now() - ${sqlInterval(BRIEF_NODE_KEPT_MS)}`;

/** Nodes that were heard briefly, so that untrusted clients do not fill the table. All others stay. */
export const nodes: ExpiringRows = {
  table: 'nodes',
  key: ['id'],
  orderBy: 'id',
  condition: `heard < ${sqlInterval(BRIEF_NODE_MS)} AND ${LONG_GONE}`,
  kept: () => [],
};

/** Chains that have no nodes any more. */
export const chains: ExpiringRows = {
  table: 'chains',
  after: ['nodes'],
  key: ['id'],
  orderBy: 'id',
  condition: `${LONG_GONE} AND NOT EXISTS (SELECT FROM nodes WHERE nodes.chain_id = chains.id)`,
  kept: () => [],
};
