import { BIN_COUNT, binQuantile } from '../../aggregate/index.js';
import { timeSql } from '../../tables/columns.js';
import type { ChainRead } from '../chain-reads.js';
import type { NodeHours } from './node-hours.js';

/** Blocks of a node that are compared with those of its chain, at least. */
const MIN_BLOCKS = 10;
/** The median delay of a late node is more than so many times that of its chain. */
const LATE_FACTOR = 2;
/** The mean of the blocks by which a lagging node is behind its chain. */
const LAGGING_BY = 5;

/** The hours of a chain that overlap a time range, by the index on the hour. Parameters: chain, start, end. */
export const HOURS_IN_RANGE = `
  chain_id = $1 AND hour > ${timeSql('$2')} - interval '1 hour' AND hour < ${timeSql('$3')}`;

/** Ids of the nodes of a chain of which something is true in a time range. */
type Condition = (
  read: ChainRead,
  hours: readonly NodeHours[],
) => ReadonlySet<number> | Promise<ReadonlySet<number>>;

/** The conditions that can name a group of nodes. */
export const CONDITIONS = { lagging, late, stuck } as const satisfies Readonly<Record<string, Condition>>;

export type ConditionName = keyof typeof CONDITIONS;

function lagging(_: ChainRead, hours: readonly NodeHours[]): ReadonlySet<number> {
  const found = hours.filter(
    ({ behindSum, behindMinutes }) => behindMinutes > 0 && behindSum >= LAGGING_BY * behindMinutes,
  );
  return new Set(found.map(({ node }) => node));
}

/** At any time of the range. */
async function stuck({ transaction, id, range }: ChainRead): Promise<ReadonlySet<number>> {
  const rows = await transaction.query<{ node: number }>(
    `SELECT DISTINCT node_id AS node FROM insight_spans
      WHERE chain_id = $1 AND kind IN ('stuck', 'finality_stuck') AND began_at < ${timeSql('$3')}
        AND (ended_at IS NULL OR ended_at > ${timeSql('$2')})`,
    [id, range.from, range.to],
  );
  return new Set(rows.map(({ node }) => node));
}

const SUMS = Array.from({ length: BIN_COUNT }, (_, index) => `sum(delay_bins[${(index + 1).toString()}])`);
const DELAYS = `
  SELECT node_id AS node, sum(expected)::float8 AS expected, ARRAY[${SUMS.join(', ')}]::float8[] AS bins
    FROM insight_node_hours WHERE ${HOURS_IN_RANGE} AND expected > 0 GROUP BY node_id`;

interface DelayRow {
  node: number;
  expected: number;
  bins: number[];
}

/** By the histograms of delays. A node at which half of the blocks did not arrive is late. */
async function late({ transaction, id, range }: ChainRead): Promise<ReadonlySet<number>> {
  const rows = await transaction.query<DelayRow>(DELAYS, [id, range.from, range.to]);
  const all = rows.reduce((sum, { bins }) => sum.map((count, bin) => count + (bins[bin] ?? 0)), emptyBins());
  const expected = rows.reduce((sum, row) => sum + row.expected, 0);
  const usual = binQuantile(all, 0.5, expected) ?? Infinity;
  const found = rows
    .filter((row) => row.expected >= MIN_BLOCKS)
    .filter((row) => (binQuantile(row.bins, 0.5, row.expected) ?? Infinity) > LATE_FACTOR * usual);
  return new Set(found.map(({ node }) => node));
}

function emptyBins(): number[] {
  return new Array<number>(BIN_COUNT).fill(0);
}
