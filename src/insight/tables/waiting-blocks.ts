import type { ClientBase } from 'pg';
import { microsecondsOf } from '../../storage/index.js';
import type { Aggregation, WaitingBlock } from '../aggregate/index.js';
import { hashText, timeSql } from './columns.js';

/** Of a chain: the highest ones. */
const MAX_BLOCKS = 2_000;

const WAITING = `
  SELECT block.chain_id AS chain, block.height::float8 AS height, ${hashText('block.hash')} AS hash,
         ${hashText('block.parent_hash')} AS parent,
         ${microsecondsOf('block.first_seen_at')} AS "firstSeenAt", block.reporters, arrivals.nodes AS expected
    FROM insight_blocks AS block JOIN insight_arrivals AS arrivals USING (chain_id, height, hash)
   WHERE block.chain_id = $1 AND block.first_seen_at < ${timeSql('$2')}
     AND NOT EXISTS (SELECT FROM insight_blocks AS final
                      WHERE final.chain_id = block.chain_id AND final.height = block.height
                        AND final.finalized_at < ${timeSql('$2')})
   ORDER BY block.height DESC LIMIT ${MAX_BLOCKS.toString()}`;

/** Chains whose blocks may still become final. */
const CHAINS = `SELECT DISTINCT chain_id AS chain FROM insight_minutes WHERE minute >= ${timeSql('$1')} - interval '1 day'
                   AND minute < ${timeSql('$1')}`;

/**
 * Lets an aggregation wait for the finality of the blocks that were seen before a time, and whose heights were not final
 * then.
 *
 * @param before microseconds since the epoch
 */
export async function restoreWaiting(
  client: ClientBase,
  aggregation: Aggregation,
  before: number,
): Promise<void> {
  const { rows: chains } = await client.query<{ chain: number }>(CHAINS, [before]);
  for (const { chain } of chains) {
    aggregation.waitFor(chain, (await client.query<WaitingBlock>(WAITING, [chain, before])).rows);
  }
}
