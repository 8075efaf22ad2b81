import type { ClientBase } from 'pg';
import type { BlockStats, ChainMinute, FinalHeight, Results } from '../aggregate/index.js';
import { hashBytes, hashText, timeSql } from './columns.js';

/** Rows per statement: a block of a thousand nodes is ten kilobytes of JSON. */
const CHUNK_ROWS = 200;

const BLOCKS = `
  INSERT INTO insight_blocks (chain_id, height, hash, first_seen_at, parent_hash, author_id, reporters, expected, arrived, p50_ms, p90_ms,
                              p95_ms, p99_ms, spread_ms, single_source, bins)
  SELECT chain, height, ${hashBytes('hash')}, ${timeSql('"firstSeenAt"')}, ${hashBytes('parent')}, author, reporters, expected, arrived, "p50Ms", "p90Ms",
         "p95Ms", "p99Ms", "spreadMs", "singleSource", bins
    FROM jsonb_to_recordset($1::jsonb) AS block (
      chain integer, height bigint, hash text, "firstSeenAt" float8, parent text, author integer, reporters integer, expected integer,
      arrived integer, "p50Ms" real, "p90Ms" real, "p95Ms" real, "p99Ms" real, "spreadMs" real, "singleSource" boolean,
      bins integer[])
  ON CONFLICT (chain_id, height, hash) DO UPDATE SET
    first_seen_at = excluded.first_seen_at, parent_hash = excluded.parent_hash, author_id = excluded.author_id, reporters = excluded.reporters,
    expected = excluded.expected, arrived = excluded.arrived, p50_ms = excluded.p50_ms, p90_ms = excluded.p90_ms,
    p95_ms = excluded.p95_ms, p99_ms = excluded.p99_ms, spread_ms = excluded.spread_ms,
    single_source = excluded.single_source, bins = excluded.bins`;

const ARRIVALS = `
  INSERT INTO insight_arrivals (chain_id, height, hash, first_seen_at, nodes, delays_ms)
  SELECT chain, height, ${hashBytes('hash')}, ${timeSql('"firstSeenAt"')}, expected, "delaysMs"
    FROM jsonb_to_recordset($1::jsonb) AS block (
      chain integer, height bigint, hash text, "firstSeenAt" float8, expected integer[], "delaysMs" integer[])
  ON CONFLICT (chain_id, height, hash) DO UPDATE SET
    first_seen_at = excluded.first_seen_at, nodes = excluded.nodes, delays_ms = excluded.delays_ms`;

/**
 * A height that became final in a closed minute stays as it is: a block that is reported later lost, whatever nodes say of
 * it. Otherwise two nodes could replace any final block.
 */
const FINAL_HEIGHTS = `
  UPDATE insight_blocks AS block SET
         canonical = coalesce(settled.hash, ${hashBytes('final."canonicalHash"')}) = block.hash,
         inferred = CASE WHEN settled.hash IS NULL THEN final.inferred ELSE settled.inferred END,
         finalized_at = CASE WHEN settled.hash = block.hash THEN block.finalized_at
                             WHEN settled.hash IS NULL AND final."canonicalHash" = ${hashText('block.hash')}
                             THEN ${timeSql('final."finalizedAt"')} END
    FROM jsonb_to_recordset($1::jsonb) AS final (
           chain integer, height bigint, "finalizedAt" float8, "canonicalHash" text, inferred boolean)
    LEFT JOIN LATERAL (SELECT hash, inferred FROM insight_blocks AS one
                        WHERE one.chain_id = final.chain AND one.height = final.height AND one.canonical
                          AND one.finalized_at < ${timeSql('$2')}) AS settled ON true
   WHERE block.chain_id = final.chain AND block.height = final.height`;

const MINUTE_COLUMNS: Readonly<Record<string, readonly [key: keyof ChainMinute, type: string]>> = {
  nodes: ['nodes', 'integer'],
  best: ['best', 'bigint'],
  finalized: ['finalized', 'bigint'],
  lag_p50: ['lagP50', 'real'],
  lag_p90: ['lagP90', 'real'],
  blocks: ['blocks', 'integer'],
  heights: ['heights', 'integer'],
  block_time_p50_ms: ['blockTimeP50Ms', 'real'],
  block_time_p95_ms: ['blockTimeP95Ms', 'real'],
  expected_arrivals: ['expectedArrivals', 'integer'],
  arrivals: ['arrivals', 'integer'],
  propagation_p50_ms: ['propagationP50Ms', 'real'],
  propagation_p90_ms: ['propagationP90Ms', 'real'],
  propagation_p95_ms: ['propagationP95Ms', 'real'],
  propagation_p99_ms: ['propagationP99Ms', 'real'],
  spread_p50_ms: ['spreadP50Ms', 'real'],
  final_heights: ['finalHeights', 'integer'],
  time_to_finality_p50_ms: ['timeToFinalityP50Ms', 'real'],
  time_to_finality_p90_ms: ['timeToFinalityP90Ms', 'real'],
  peer_bands: ['peerBands', 'integer[]'],
  bins: ['bins', 'integer[]'],
};
const MINUTE_NAMES = Object.keys(MINUTE_COLUMNS);

const MINUTES = `
  INSERT INTO insight_minutes (chain_id, minute, ${MINUTE_NAMES.join(', ')})
  SELECT chain, ${timeSql('minute')}, ${Object.values(MINUTE_COLUMNS)
    .map(([key]) => `"${key}"`)
    .join(', ')}
    FROM jsonb_to_recordset($1::jsonb) AS one (chain integer, minute float8, ${Object.values(MINUTE_COLUMNS)
      .map(([key, type]) => `"${key}" ${type}`)
      .join(', ')})
  ON CONFLICT (chain_id, minute) DO UPDATE SET ${MINUTE_NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}`;

/** Writes results over those that were written before. */
export async function writeResults(
  client: ClientBase,
  { changedBlocks, finalHeights, minutes }: Omit<Results, 'blocks'>,
  closedUntil: number,
): Promise<void> {
  for (const chunk of chunksOf(changedBlocks)) {
    await client.query(BLOCKS, [JSON.stringify(chunk.map(withoutNodes))]);
    await client.query(ARRIVALS, [JSON.stringify(chunk.map(roundedDelays))]);
  }
  for (const chunk of chunksOf<FinalHeight>(finalHeights))
    await client.query(FINAL_HEIGHTS, [JSON.stringify(chunk), closedUntil]);
  for (const chunk of chunksOf<ChainMinute>(minutes)) await client.query(MINUTES, [JSON.stringify(chunk)]);
}

function withoutNodes(block: BlockStats): object {
  return { ...block, expected: block.expected.length, delaysMs: undefined };
}

function roundedDelays({ chain, height, hash, firstSeenAt, expected, delaysMs }: BlockStats): object {
  return {
    chain,
    height,
    hash,
    firstSeenAt,
    expected: Array.from(expected),
    // JSON has no NaN, but null.
    delaysMs: Array.from(delaysMs, Math.round),
  };
}

/**
 * Forgets the finality of the blocks that were first seen in a time range, unless their height became final much later.
 *
 * @param from microseconds since the epoch
 * @param later finality of that time and after it stays
 */
export async function forgetFinality(
  client: ClientBase,
  from: number,
  to: number,
  later: number,
): Promise<void> {
  await client.query(
    `UPDATE insight_blocks AS block SET canonical = NULL, inferred = NULL, finalized_at = NULL
      WHERE first_seen_at >= ${timeSql('$1')} AND first_seen_at < ${timeSql('$2')} AND canonical IS NOT NULL
        AND NOT EXISTS (SELECT FROM insight_blocks AS final
                         WHERE final.chain_id = block.chain_id AND final.height = block.height
                           AND final.finalized_at >= ${timeSql('$3')})`,
    [from, to, later],
  );
}

/**
 * Removes what is in the tables for minutes in a time range, but not in their results: a block that counted only at first.
 *
 * @param from microseconds since the epoch
 */
export async function removeOthers(
  client: ClientBase,
  from: number,
  to: number,
  { blocks, minutes }: Results,
): Promise<void> {
  const kept = JSON.stringify(blocks.map(({ chain, height, hash }) => ({ chain, height, hash })));
  for (const table of ['insight_blocks', 'insight_arrivals']) {
    await client.query(
      `DELETE FROM ${table} AS stored
        WHERE first_seen_at >= ${timeSql('$1')} AND first_seen_at < ${timeSql('$2')}
          AND NOT EXISTS (
            SELECT FROM jsonb_to_recordset($3::jsonb) AS kept (chain integer, height bigint, hash text)
             WHERE kept.chain = stored.chain_id AND kept.height = stored.height
               AND ${hashBytes('kept.hash')} = stored.hash)`,
      [from, to, kept],
    );
  }
  await client.query(
    `DELETE FROM insight_minutes AS stored
      WHERE minute >= ${timeSql('$1')} AND minute < ${timeSql('$2')}
        AND NOT EXISTS (SELECT FROM jsonb_to_recordset($3::jsonb) AS kept (chain integer, minute float8)
                         WHERE kept.chain = stored.chain_id AND ${timeSql('kept.minute')} = stored.minute)`,
    [from, to, JSON.stringify(minutes.map(({ chain, minute }) => ({ chain, minute })))],
  );
}

function* chunksOf<T>(rows: readonly T[]): Generator<readonly T[], void, undefined> {
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) yield rows.slice(start, start + CHUNK_ROWS);
}
