import type { ClientBase } from 'pg';
import { BIN_BASE_MS, BIN_RATIO, DAY_US, HOUR_US, PEER_BANDS } from '../aggregate/index.js';
import { timeSql } from './columns.js';

type Bucket = 'hour' | 'day';
const LENGTH_US: Readonly<Record<Bucket, number>> = { hour: HOUR_US, day: DAY_US };

const sumsOf = (column: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `sum(${column}[${(index + 1).toString()}])`).join(', ');

/** What a column of hours and days has of the minutes of its time. */
const OF_MINUTES: Readonly<Record<string, string>> = {
  minutes: 'count(*)',
  nodes: 'max(nodes)',
  best: '(array_agg(best ORDER BY minute DESC) FILTER (WHERE best IS NOT NULL))[1]',
  finalized: '(array_agg(finalized ORDER BY minute DESC) FILTER (WHERE finalized IS NOT NULL))[1]',
  lag_p50: 'percentile_disc(0.5) WITHIN GROUP (ORDER BY lag_p50)',
  lag_p90: 'percentile_disc(0.5) WITHIN GROUP (ORDER BY lag_p90)',
  lag_max: 'max(lag_p50)',
  blocks: 'sum(blocks)',
  heights: 'sum(heights)',
  expected_arrivals: 'sum(expected_arrivals)',
  arrivals: 'sum(arrivals)',
  final_heights: 'sum(final_heights)',
  peer_minutes: 'count(peer_bands)',
  peer_bands: `CASE WHEN count(peer_bands) > 0 THEN ARRAY[${sumsOf('peer_bands', PEER_BANDS)}] END`,
};

/** By the bins: the middle of the bin that has the rank, so that it is wrong by at most a fifth. */
const OF_BINS: Readonly<Record<string, string>> = Object.fromEntries(
  [50, 90, 95, 99].map((percent) => [
    `propagation_p${percent.toString()}_ms`,
    `${BIN_BASE_MS.toString()} * power(${BIN_RATIO.toString()},
       min(bin) FILTER (WHERE upto >= ceil(${(percent / 100).toString()} * expected_arrivals) AND expected_arrivals > 0) - 0.5)`,
  ]),
);

/** Of the blocks themselves, exactly. */
const OF_BLOCKS = {
  block_times: {
    block_time_p50_ms: 'percentile_disc(0.5) WITHIN GROUP (ORDER BY took)',
    block_time_p95_ms: 'percentile_disc(0.95) WITHIN GROUP (ORDER BY took)',
    block_time_max_ms: 'max(took)',
  },
  spreads: { spread_p50_ms: 'percentile_disc(0.5) WITHIN GROUP (ORDER BY spread_ms)' },
  finals: {
    time_to_finality_p50_ms: 'percentile_disc(0.5) WITHIN GROUP (ORDER BY took)',
    time_to_finality_p90_ms: 'percentile_disc(0.9) WITHIN GROUP (ORDER BY took)',
  },
} as const;

const COLUMNS = [
  ...Object.keys(OF_MINUTES),
  ...Object.keys(OF_BINS),
  ...Object.values(OF_BLOCKS).flatMap((columns) => Object.keys(columns)),
  'orphans',
  'bins',
];

const select = (columns: Readonly<Record<string, string>>): string =>
  Object.entries(columns)
    .map(([name, sql]) => `${sql} AS ${name}`)
    .join(', ');

const milliseconds = (interval: string): string => `(extract(epoch FROM ${interval}) * 1000)::real`;

/** The first block of a height, with those of other buckets: by the primary key. */
const firstOf = (height: string): string => `
  LATERAL (SELECT min(first_seen_at) AS at FROM insight_blocks AS block
            WHERE block.chain_id = seen.chain_id AND block.height = ${height})`;

/** Parameters: the time range of the buckets, and the time up to which minutes, blocks and finality are summed. */
const summarize = (bucket: Bucket): string => {
  const bucketOf = (time: string): string => `date_trunc('${bucket}', ${time}, 'UTC') AS bucket`;
  const within = (time: string): string => `${time} >= ${timeSql('$1')} AND ${time} < ${timeSql('$2')}`;
  return `
    WITH sums AS (
      SELECT chain_id, ${bucketOf('minute')}, ${select(OF_MINUTES)}
        FROM insight_minutes WHERE ${within('minute')} GROUP BY 1, 2
    ), counts AS (
      SELECT chain_id, ${bucketOf('minute')}, bin, sum(count) AS count
        FROM insight_minutes, unnest(bins) WITH ORDINALITY AS one (count, bin) WHERE ${within('minute')} GROUP BY 1, 2, 3
    ), ranked AS (
      SELECT *, sum(count) OVER (PARTITION BY chain_id, bucket ORDER BY bin) AS upto
        FROM counts JOIN sums USING (chain_id, bucket)
    ), histograms AS (
      SELECT chain_id, bucket, array_agg(count ORDER BY bin) AS bins, ${select(OF_BINS)} FROM ranked GROUP BY 1, 2
    ), heights AS (
      SELECT seen.chain_id, ${bucketOf('first.at')}, ${milliseconds('first.at - before.at')} AS took
        FROM (SELECT DISTINCT chain_id, height FROM insight_blocks WHERE ${within('first_seen_at')}) AS seen,
             ${firstOf('seen.height')} AS first, ${firstOf('seen.height - 1')} AS before
       WHERE ${within('first.at')}
    ), block_times AS (
      SELECT chain_id, bucket, ${select(OF_BLOCKS.block_times)} FROM heights GROUP BY 1, 2
    ), spreads AS (
      SELECT chain_id, ${bucketOf('first_seen_at')}, ${select(OF_BLOCKS.spreads)}
        FROM insight_blocks WHERE ${within('first_seen_at')} GROUP BY 1, 2
    ), final AS MATERIALIZED (
      SELECT chain_id, height, hash, expected, finalized_at, ${bucketOf('finalized_at')},
             ${milliseconds('finalized_at - first_seen_at')} AS took
        FROM insight_blocks WHERE ${within('finalized_at')}
    ), finals AS (
      SELECT chain_id, bucket, ${select(OF_BLOCKS.finals)} FROM final WHERE expected > 0 GROUP BY 1, 2
    ), lost AS (
      SELECT final.chain_id, final.bucket
        FROM final JOIN insight_blocks AS block USING (chain_id, height)
       WHERE block.hash <> final.hash AND block.first_seen_at <= final.finalized_at
       UNION ALL
      SELECT block.chain_id, ${bucketOf('block.first_seen_at')}
        FROM insight_blocks AS block JOIN insight_blocks AS final USING (chain_id, height)
       WHERE ${within('block.first_seen_at')} AND block.canonical IS NOT TRUE
         AND final.canonical AND final.finalized_at < block.first_seen_at
    ), orphans AS (
      SELECT chain_id, bucket, count(*) AS orphans FROM lost GROUP BY 1, 2
    )
    INSERT INTO insight_${bucket}s (chain_id, ${bucket}, ${COLUMNS.join(', ')})
    SELECT chain_id, bucket, ${COLUMNS.map((name) => (name === 'orphans' ? 'coalesce(orphans, 0)' : name)).join(', ')}
      FROM sums JOIN histograms USING (chain_id, bucket)
      LEFT JOIN block_times USING (chain_id, bucket) LEFT JOIN spreads USING (chain_id, bucket)
      LEFT JOIN finals USING (chain_id, bucket) LEFT JOIN orphans USING (chain_id, bucket)
        ON CONFLICT (chain_id, ${bucket}) DO UPDATE SET ${COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}`;
};

/**
 * Computes the hours of which minutes have closed again, and the days of which hours have: an hour up to the last closed
 * minute, a day up to the last closed hour. So the rows do not depend on when this was done.
 *
 * @param from the minutes up to the next time have closed: microseconds since the epoch
 */
export async function writeSummaries(client: ClientBase, from: number, closedUntil: number): Promise<void> {
  await write(client, 'hour', startOf('hour', from), closedUntil);
  const hoursUntil = startOf('hour', closedUntil);
  if (startOf('hour', from) < hoursUntil) await write(client, 'day', startOf('day', from), hoursUntil);
}

/**
 * Computes the hours and days again that end in a time range, or overlap it if nothing after it is rebuilt. Microseconds
 * since the epoch.
 *
 * @param closedUntil minutes before are closed
 * @param isServed whether a server closes minutes: then it computes the hour and the day that are open
 */
export async function rebuildSummaries(
  client: ClientBase,
  from: number,
  to: number,
  { isLast, closedUntil, isServed }: { isLast: boolean; closedUntil: number; isServed: boolean },
): Promise<void> {
  const until = { hour: closedUntil, day: startOf('hour', closedUntil) };
  for (const bucket of ['hour', 'day'] as const) {
    const start = startOf(bucket, from);
    const end = isLast ? endOf(bucket, to) : startOf(bucket, to);
    await write(
      client,
      bucket,
      start,
      Math.min(end, isServed ? startOf(bucket, closedUntil) : until[bucket]),
    );
    await remove(client, bucket, start, end);
  }
}

async function write(client: ClientBase, bucket: Bucket, from: number, to: number): Promise<void> {
  if (to > from) await client.query(summarize(bucket), [from, to]);
}

/** Removes those of which no minute is left. */
async function remove(client: ClientBase, bucket: Bucket, from: number, to: number): Promise<void> {
  await client.query(
    `DELETE FROM insight_${bucket}s AS stored
      WHERE ${bucket} >= ${timeSql('$1')} AND ${bucket} < ${timeSql('$2')}
        AND NOT EXISTS (SELECT FROM insight_minutes AS one
                         WHERE one.chain_id = stored.chain_id AND one.minute >= stored.${bucket}
                           AND one.minute < stored.${bucket} + interval '1 ${bucket}')`,
    [from, to],
  );
}

function startOf(bucket: Bucket, time: number): number {
  return time - (time % LENGTH_US[bucket]);
}

function endOf(bucket: Bucket, time: number): number {
  return startOf(bucket, time - 1) + LENGTH_US[bucket];
}
