import type { ClientBase } from 'pg';
import { writeSummaries } from '../../../src/insight/tables/write-summaries.js';
import { TEMPLATES } from './templates.js';
import {
  CHAIN,
  DAY_MS,
  detailFrom,
  FIRST_HEIGHT,
  fraction,
  iso,
  MINUTE_MS,
  SLOT_MS,
  type World,
} from './world.js';

/** Of the slots, and of the heights. */
const SKIPPED = 0.03;
const FORKED = 0.02;
/** Of the blocks: their author reports here. */
const AUTHORED = 0.4;

const hash = (text: string): string => `sha256(convert_to(${text}, 'UTF8'))`;

/**
 * Blocks of slots $1 to $2, after as many heights as $3, at a time $4 of slot 0; nodes $5. A height that forked has another
 * block, which half of the nodes took.
 */
const BLOCKS = `
  INSERT INTO insight_blocks (chain_id, height, hash, first_seen_at, finalized_at, parent_hash, author_id, reporters,
    expected, arrived, p50_ms, p90_ms, p95_ms, p99_ms, spread_ms, single_source, canonical, inferred, bins)
  WITH slots AS (
    SELECT slot, $3::bigint + row_number() OVER (ORDER BY slot) AS height
      FROM generate_series($1::bigint, $2::bigint - 1) AS slot
     WHERE ${fraction('slot', 1)} >= ${SKIPPED.toString()}
  ), blocks AS (
    SELECT slot, height, rival, template.*,
           $4::timestamptz + (slot * ${SLOT_MS.toString()} + 300 + ${fraction('slot * 2 + rival', 2)} * 500) * interval '1 ms' AS seen_at
      FROM slots
     CROSS JOIN generate_series(0, 1) AS rival
      JOIN template ON template.id = mod(abs(hashint8(slot * 2 + rival)::bigint), ${TEMPLATES.toString()})
     WHERE rival = 0 OR ${fraction('slot', 3)} < ${FORKED.toString()}
  )
  SELECT ${CHAIN.id.toString()}, height, ${hash("height || '/' || rival")}, seen_at,
         CASE rival WHEN 0 THEN seen_at + (15000 + ${fraction('slot', 4)} * 6000) * interval '1 ms' END,
         ${hash("(height - 1) || '/0'")},
         CASE WHEN ${fraction('slot', 5)} < ${AUTHORED.toString()} THEN 1 + floor(${fraction('slot * 2 + rival', 6)} * $5)::integer END,
         CASE rival WHEN 0 THEN arrived ELSE arrived / 2 END, expected, arrived, p50_ms, p90_ms, p95_ms, p99_ms, spread_ms,
         false, rival = 0, ${fraction('slot', 7)} < 0.02, bins
    FROM blocks ORDER BY seen_at`;

/** Of blocks first seen from $1 to $2. Theirs is the template of their bins. */
const ARRIVALS = `
  INSERT INTO insight_arrivals (chain_id, height, hash, first_seen_at, nodes, delays_ms)
  SELECT chain_id, height, hash, first_seen_at, template.nodes, template.delays_ms
    FROM insight_blocks AS block
    JOIN template ON template.id = mod(abs(hashint8(floor(extract(epoch FROM first_seen_at - $3::timestamptz) * 1000 / ${SLOT_MS.toString()})::bigint * 2
           + CASE WHEN canonical THEN 0 ELSE 1 END)::bigint), ${TEMPLATES.toString()})
   WHERE chain_id = ${CHAIN.id.toString()} AND first_seen_at >= $1 AND first_seen_at < $2 ORDER BY first_seen_at`;

const BINS = Array.from({ length: 24 }, (_, bin) => `sum(bins[${(bin + 1).toString()}])`).join(', ');
const percentile = (share: number, value: string): string =>
  `percentile_disc(${share.toString()}) WITHIN GROUP (ORDER BY ${value})`;
const MINUTE_NUMBER = 'extract(epoch FROM minute)::bigint / 60';

/** Of blocks first seen from $1 to $2; nodes $3. The percentiles are the means of those of the blocks. */
const MINUTES = `
  INSERT INTO insight_minutes (chain_id, minute, nodes, best, finalized, lag_p50, lag_p90, blocks, heights, block_time_p50_ms,
    block_time_p95_ms, expected_arrivals, arrivals, propagation_p50_ms, propagation_p90_ms, propagation_p95_ms,
    propagation_p99_ms, spread_p50_ms, final_heights, time_to_finality_p50_ms, time_to_finality_p90_ms, peer_bands, bins)
  WITH blocks AS (
    SELECT *, date_trunc('minute', first_seen_at, 'UTC') AS minute,
           (extract(epoch FROM first_seen_at - lag(first_seen_at) OVER (ORDER BY first_seen_at)) * 1000)::real AS took,
           (extract(epoch FROM finalized_at - first_seen_at) * 1000)::real AS final
      FROM insight_blocks
     WHERE chain_id = ${CHAIN.id.toString()} AND first_seen_at >= $1::timestamptz AND first_seen_at < $2::timestamptz
  )
  SELECT ${CHAIN.id.toString()}, minute, $3::integer - 1 - floor(${fraction(MINUTE_NUMBER, 8)} * 8)::integer, max(height), max(height) - 3,
         2 + floor(${fraction(MINUTE_NUMBER, 9)} * 2), 3 + floor(${fraction(MINUTE_NUMBER, 10)} * 3), count(*), count(*) FILTER (WHERE canonical),
         ${percentile(0.5, 'took')}, ${percentile(0.95, 'took')}, sum(expected), sum(arrived),
         avg(p50_ms), avg(p90_ms), avg(p95_ms), avg(p99_ms), ${percentile(0.5, 'spread_ms')},
         count(*) FILTER (WHERE canonical), ${percentile(0.5, 'final')}, ${percentile(0.9, 'final')},
         ARRAY(SELECT floor(${fraction(`${MINUTE_NUMBER} * 16 + band`, 11)} * 0.3 * $3 * (band / 9.0) ^ 3)::integer FROM generate_series(0, 9) AS band),
         ARRAY[${BINS}]
    FROM blocks GROUP BY minute ORDER BY minute`;

/** Fills blocks, minutes, and arrivals of the last days; then hours and days, by the statements of the aggregation. */
export async function fillBlocks(client: ClientBase, world: World): Promise<void> {
  const { from, to, nodes } = world;
  let heights = FIRST_HEIGHT;
  for (let day = from; day < to; day += DAY_MS) {
    const end = Math.min(day + DAY_MS, to);
    const slots = [(day - from) / SLOT_MS, Math.floor((end - from) / SLOT_MS)];
    await client.query(BLOCKS, [...slots, heights, iso(from), nodes]);
    const { rows } = await client.query<{ height: string }>(
      'SELECT max(height) AS height FROM insight_blocks WHERE chain_id = $1',
      [CHAIN.id],
    );
    heights = Number(rows[0]?.height ?? heights);
    await client.query(MINUTES, [iso(day), iso(end), nodes]);
    const detail = Math.max(day, detailFrom(world));
    if (detail < end) await client.query(ARRIVALS, [iso(detail), iso(end), iso(from)]);
  }
  // The last blocks are not final yet.
  await client.query(
    `UPDATE insight_blocks SET finalized_at = NULL, canonical = NULL, inferred = NULL
      WHERE chain_id = $1 AND first_seen_at > $2::timestamptz - interval '20 s'`,
    [CHAIN.id, iso(to)],
  );
  await client.query('ANALYZE insight_blocks, insight_minutes');
  for (let day = from; day < to; day += DAY_MS)
    await writeSummaries(client, day * 1000, Math.min(day + DAY_MS, to) * 1000);
}

/** As a server has it that aggregated all minutes. */
export async function writeState(client: ClientBase, { from, to }: World): Promise<void> {
  await client.query(
    `INSERT INTO insight_state (began_at, closed_until, stored_until, passed_at, owner)
     VALUES ($1, $2, $3, now(), gen_random_uuid())`,
    [iso(from), iso(to), iso(to + 1.5 * MINUTE_MS)],
  );
}
