import { InvalidParameterError } from '../../../platform/http/index.js';
import { chainKeySql, timeText } from '../../../storage/index.js';
import { BIN_BASE_MS, BIN_COUNT, BIN_RATIO } from '../../aggregate/index.js';
import { sessionEnd } from '../../sessions/session-rows.js';
import type { AddressLabels } from '../../settings/index.js';
import { timeSql } from '../../tables/columns.js';
import type { ChainRead } from '../chain-reads.js';
import { rounded, shareOf } from './series.js';

/** What nodes can be grouped by: what they report when they connect, and the labels of their addresses. */
export const GROUPINGS = ['version', 'implementation', 'authority', 'label'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** In an answer: the largest. */
const MAX_GROUPS = 100;

const rank = (share: number): string =>
  `min(delay) FILTER (WHERE upto >= ceil(${share.toString()} * total) AND delay IS NOT NULL)::integer`;

/** Of more arrivals, those of some blocks are counted. A thousand nodes have 3.6 million in 6 hours of blocks of 6 s. */
const MAX_ARRIVALS = 50_000;
const MAX_RANGE_US = 6 * 3_600_000_000;

const ARRIVALS = `
  SELECT coalesce(sum(expected), 0)::float8 AS arrivals FROM insight_blocks
   WHERE chain_id = $1 AND first_seen_at >= ${timeSql('$2')} AND first_seen_at < ${timeSql('$3')}`;

/** What nodes reported when they connected: node, value, began_at. Parameters: chain, start, end. */
const reportedIn = (column: string): string => `
  SELECT node_id AS node, left(${column}::text, 256) AS value, began_at FROM insight_sessions
   WHERE chain_id = $1 AND began_at < ${timeSql('$3')} AND ${sessionEnd('insight_sessions')} > ${timeSql('$2')}`;

/** The addresses of nodes, which are not kept longer than messages. Parameters: chain, start, end, key of the chain. */
const ADDRESSES = `
  SELECT nodes.id AS node, ip_addr AS address, ${timeText('connection.created_at')} AS "beganAt"
    FROM nodes JOIN peer_connections AS connection ON connection.peer_id = nodes.peer_id
   WHERE nodes.chain_id = $1 AND ${chainKeySql('connection')} = $4
     AND connection.created_at < ${timeSql('$3')} AND (connection.ended_at IS NULL OR connection.ended_at > ${timeSql('$2')})`;

/** The same with the labels of addresses. Parameters: chain, start, end, see `groupsSql`, JSON. */
const LABELLED = `
  SELECT node, value, "beganAt" AS began_at
    FROM jsonb_to_recordset($5::jsonb) AS labelled (node integer, value text, "beganAt" timestamptz)`;

/**
 * Each node has the value of its newest connection at the time of a block. A node of which no connection is stored has
 * none. Values are numbered, because arrivals are counted faster by numbers than by texts. Parameters: chain, start, end, and
 * of how many blocks one is counted.
 */
const groupsSql = (connections: string): string => `
  WITH connection AS (${connections}
  ), reported AS MATERIALIZED (
    SELECT node, value, dense_rank() OVER (ORDER BY value)::integer AS kind,
           CASE row_number() OVER earlier WHEN 1 THEN '-infinity' ELSE began_at END AS since,
           coalesce(lead(began_at) OVER earlier, 'infinity') AS until
      FROM connection
    WINDOW earlier AS (PARTITION BY node ORDER BY began_at, value)
  ), kinds AS MATERIALIZED (
    SELECT DISTINCT kind, value FROM reported
  ), block AS MATERIALIZED (
    SELECT height, hash
      FROM (SELECT height, hash, row_number() OVER (ORDER BY first_seen_at, hash) AS number FROM insight_blocks
             WHERE chain_id = $1 AND first_seen_at >= ${timeSql('$2')} AND first_seen_at < ${timeSql('$3')}) AS numbered
     WHERE number % $4::integer = 0
  ), arrivals AS MATERIALIZED (
    SELECT first_seen_at, node, delay
      FROM block
     -- OFFSET 0: each by the primary key.
     CROSS JOIN LATERAL (SELECT first_seen_at, nodes, delays_ms FROM insight_arrivals AS one
                          WHERE one.chain_id = $1 AND one.height = block.height AND one.hash = block.hash OFFSET 0) AS stored,
           unnest(nodes, delays_ms) AS arrival (node, delay)
  ), expected AS MATERIALIZED (
    SELECT node, min(first_seen_at) AS first, max(first_seen_at) AS last FROM arrivals GROUP BY 1
  ), sizes AS MATERIALIZED (
    SELECT coalesce(kind, 0) AS kind, count(DISTINCT node)::integer AS nodes
      FROM expected LEFT JOIN reported USING (node)
     WHERE since IS NULL OR (first < until AND last >= since) GROUP BY 1
  ), counts AS MATERIALIZED (
    SELECT coalesce(kind, 0) AS kind, delay, count(*) AS count
      FROM arrivals LEFT JOIN reported USING (node)
     WHERE since IS NULL OR (first_seen_at >= since AND first_seen_at < until)
     GROUP BY 1, 2
  ), ranked AS MATERIALIZED (
    SELECT *, sum(count) OVER (PARTITION BY kind ORDER BY delay NULLS LAST) AS upto,
           sum(count) OVER (PARTITION BY kind) AS total,
           least(${BIN_COUNT.toString()}, greatest(1, ceil(ln(greatest(delay, 1) / ${BIN_BASE_MS.toString()}::float8)
             / ln(${BIN_RATIO.toString()}::float8) - 1e-9)))::integer AS bin
      FROM counts
  ), quantiles AS MATERIALIZED (
    SELECT kind, max(total)::float8 AS expected_arrivals,
           coalesce(sum(count) FILTER (WHERE delay IS NOT NULL), 0)::float8 AS arrivals,
           ${[50, 90, 95, 99].map((percent) => `${rank(percent / 100)} AS p${percent.toString()}_ms`).join(', ')}
      FROM ranked GROUP BY 1
  ), histograms AS MATERIALIZED (
    SELECT kind, jsonb_object_agg(bin, binned) AS bins
      FROM (SELECT kind, bin, sum(count) AS binned FROM ranked WHERE delay IS NOT NULL GROUP BY 1, 2) AS one GROUP BY 1
  )
  SELECT value, nodes, expected_arrivals, arrivals, p50_ms, p90_ms, p95_ms, p99_ms, coalesce(bins, '{}') AS bins
    FROM quantiles JOIN sizes USING (kind) LEFT JOIN kinds USING (kind) LEFT JOIN histograms USING (kind)
   ORDER BY nodes DESC, value LIMIT ${MAX_GROUPS.toString()}`;

interface AddressRow {
  node: number;
  address: string;
  beganAt: string;
}

interface GroupRow {
  value: string | null;
  nodes: number;
  expected_arrivals: number;
  arrivals: number;
  p50_ms: number | null;
  p90_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  bins: Readonly<Record<string, number>>;
}

export interface Group extends Omit<GroupRow, 'expected_arrivals' | 'arrivals' | 'bins'> {
  reach: number | null;
  bins: number[];
}

/**
 * How long the blocks of a range took to groups of nodes, from the arrival of each block at each node; of many arrivals,
 * those of blocks that are spread evenly over the range.
 *
 * @throws InvalidParameterError if the range is too long
 */
export async function groupsOf(
  { transaction, id, key, range }: ChainRead,
  by: Grouping,
  labels: AddressLabels,
): Promise<{ groups: Group[]; share: number }> {
  if (range.to - range.from > MAX_RANGE_US)
    throw new InvalidParameterError('group_by', 'is possible for at most 6 hours: choose a shorter range');
  const [found] = await transaction.query<{ arrivals: number }>(ARRIVALS, [id, range.from, range.to]);
  const oneOf = Math.max(1, Math.ceil((found?.arrivals ?? 0) / MAX_ARRIVALS));
  const parameters: unknown[] = [id, range.from, range.to, oneOf];
  if (by === 'label') {
    const addresses = await transaction.query<AddressRow>(ADDRESSES, [id, range.from, range.to, key]);
    const labelled = addresses.map(({ address, ...row }) => ({ ...row, value: labels.of(address) }));
    parameters.push(JSON.stringify(labelled));
  }
  const sql = groupsSql(by === 'label' ? LABELLED : reportedIn(by));
  const rows = await transaction.query<GroupRow>(sql, parameters);
  const groups = rows.map(({ expected_arrivals: expected, arrivals, bins, ...group }) => ({
    ...group,
    reach: shareOf(arrivals, expected),
    bins: Array.from({ length: BIN_COUNT }, (_, bin) => bins[(bin + 1).toString()] ?? 0),
  }));
  return { groups, share: rounded(1 / oneOf, 4) };
}
