import { microsecondsOf, type ReadTransaction } from '../../storage/index.js';
import { hashText, timeSql } from '../tables/columns.js';
import type { RivalBlock } from './fork-branches.js';

/** Times are microseconds since the epoch. */
export interface RivalRow extends RivalBlock {
  chain: number;
  finalizedAt: number | null;
}

const FINAL = `
  SELECT FROM insight_blocks AS final
   WHERE final.chain_id = block.chain_id AND final.height = block.height AND final.canonical`;

/** By the index of blocks that are not canonical: few but for those of the last minutes. */
const RIVALS = `
  WITH heights AS (
    SELECT DISTINCT chain, height
      FROM unnest($1::integer[]) AS chain
     CROSS JOIN LATERAL (
       SELECT height FROM insight_blocks AS block
        WHERE chain_id = chain AND canonical IS NOT TRUE
          AND first_seen_at >= ${timeSql('$2')} AND first_seen_at < ${timeSql('$3')}
          AND EXISTS (SELECT FROM insight_blocks AS other
                       WHERE other.chain_id = block.chain_id AND other.height = block.height AND other.hash <> block.hash)
        ORDER BY first_seen_at DESC LIMIT $4) AS rival
  )
  SELECT chain, block.height::float8 AS height, ${hashText('hash')} AS hash, ${hashText('parent_hash')} AS parent,
         ${microsecondsOf('first_seen_at')} AS "firstSeenAt", ${microsecondsOf('finalized_at')} AS "finalizedAt", reporters,
         CASE WHEN canonical IS NULL AND EXISTS (${FINAL}) THEN false ELSE canonical END AS canonical
    FROM heights JOIN insight_blocks AS block ON chain_id = chain AND block.height = heights.height`;

/**
 * The blocks of heights that have several of them.
 *
 * @param chains their numbers
 * @param range of the heights' blocks that did not win, by when they were first seen: microseconds since the epoch. Of
 * each chain, the latest of these are read, up to the limit
 */
export async function rivalBlocks(
  transaction: ReadTransaction,
  chains: readonly number[],
  { from, to, limit }: { from: number; to: number; limit: number },
): Promise<RivalRow[]> {
  return await transaction.query<RivalRow & Record<string, unknown>>(RIVALS, [chains, from, to, limit]);
}
