import type { ReadTransaction } from '../../storage/index.js';
import { BIN_COUNT, binQuantile, COUNT_BOUNDS, countMedian, DAY_US, HOUR_US } from '../aggregate/index.js';
import { KnownTime } from '../known-time.js';
import { nodeTime } from '../sessions/node-time.js';
import { timeSql } from '../tables/columns.js';
import type { Pair, Values } from './compare-pairs.js';
import type { Upgrade } from './read-upgrades.js';

/** Fewer hours of a node show the time of the day. */
const MIN_HOURS = 12;

/** Histograms of counts have no zeros at the end: with them, the bins of many hours are one text of bytes. */
const ZEROS = `decode('${'00'.repeat(COUNT_BOUNDS.length)}', 'hex')`;
const allBins = (column: string): string =>
  `string_agg(substring(${column} || ${ZEROS} FROM 1 FOR ${COUNT_BOUNDS.length.toString()}), '')`;

const DELAYS = Array.from({ length: BIN_COUNT }, (_, index) => `sum(delay_bins[${(index + 1).toString()}])`);

/** Sums of the whole hours in time ranges of nodes, by the primary key. Parameters: chain, nodes, starts, ends, hours to leave out. */
const HOURS = `
  SELECT (number - 1)::integer AS index,
         count(*) FILTER (WHERE expected > 0)::float8 AS "delayHours", sum(expected)::float8 AS expected,
         sum(arrived)::float8 AS arrived, ARRAY[${DELAYS.join(', ')}]::float8[] AS "delayBins",
         count(*) FILTER (WHERE lag_bins <> '')::float8 AS "lagHours", ${allBins('lag_bins')} AS "lagBins",
         count(*) FILTER (WHERE behind_minutes > 0)::float8 AS "behindHours",
         sum(behind_minutes)::float8 AS "behindMinutes", sum(behind_sum)::float8 AS "behindSum",
         count(peers_max)::float8 AS "peersHours", avg(peers_max)::float8 AS peers, max(peers_max)::float8 AS "peersMax",
         ${allBins('peers_bins')} AS "peersBins", sum(download_sum)::float8 AS "downloadSum",
         sum(upload_sum)::float8 AS "uploadSum"
    FROM unnest($2::integer[], $3::float8[], $4::float8[]) WITH ORDINALITY AS side (node, from_us, to_us, number)
    JOIN insight_node_hours AS one
      ON one.chain_id = $1 AND one.node_id = side.node
     AND hour >= ${timeSql('from_us')} AND hour <= ${timeSql('to_us')} - interval '1 hour'
   WHERE hour <> ALL (ARRAY(SELECT ${timeSql('us')} FROM unnest($5::float8[]) AS us))
   GROUP BY number`;

interface HoursRow {
  /** Of the time range. */
  index: number;
  /** Hours that have anything of each kind. */
  delayHours: number;
  lagHours: number;
  behindHours: number;
  peersHours: number;
  expected: number;
  arrived: number;
  delayBins: (number | null)[];
  /** Bins of one hour after the other. */
  lagBins: Buffer;
  peersBins: Buffer;
  behindMinutes: number;
  behindSum: number;
  /** The most of each hour: on average, and of all of them. */
  peers: number | null;
  peersMax: number | null;
  downloadSum: number;
  uploadSum: number;
}

/** The same for restarts, which sessions have. */
const RESTARTS = `
  SELECT (number - 1)::integer AS index, restarts, known_seconds AS "knownSeconds", heard_seconds AS "heardSeconds"
    FROM unnest($1::integer[], $2::float8[], $3::float8[]) WITH ORDINALITY AS side (node, from_us, to_us, number)
    JOIN ${nodeTime(`
      SELECT id AS node_id, chain_id, first_seen_at, last_seen_at, ${timeSql('from_us')} AS from_at, ${timeSql('to_us')} AS to_at
        FROM unnest($1::integer[], $2::float8[], $3::float8[]) AS wanted (node, from_us, to_us)
        JOIN nodes ON id = node`)} AS times ON times.node_id = side.node AND times.from_at = ${timeSql('from_us')}`;

interface RestartsRow {
  index: number;
  restarts: number;
  knownSeconds: number;
  heardSeconds: number;
}

/**
 * Reads what nodes were like before and after their upgrades. Hours in which any server did not see its nodes are left out.
 *
 * @param chain the number of the chain
 * @returns a pair for each upgrade
 */
export async function readPairs(
  transaction: ReadTransaction,
  chain: number,
  upgrades: readonly Upgrade[],
): Promise<Pair[]> {
  // The sides of the nth upgrade are those with the numbers 2n and 2n + 1.
  const nodes = upgrades.flatMap(({ node }) => [node, node]);
  const from = upgrades.flatMap(({ beforeFrom, afterFrom }) => [beforeFrom, afterFrom]);
  const to = upgrades.flatMap(({ beforeTo, afterTo }) => [beforeTo, afterTo]);
  if (nodes.length === 0) return [];
  const unknown = await unknownHours(
    transaction,
    from.reduce((least, us) => Math.min(least, us)),
    to.reduce((most, us) => Math.max(most, us)),
  );
  const hours = new Map<number, HoursRow>();
  for (const row of await transaction.query<HoursRow>(HOURS, [chain, nodes, from, to, unknown]))
    hours.set(row.index, row);
  const restarts = new Map<number, RestartsRow>();
  for (const row of await transaction.query<RestartsRow>(RESTARTS, [nodes, from, to]))
    restarts.set(row.index, row);
  return upgrades.map((_, index) => {
    const [before, after] = [2 * index, 2 * index + 1];
    const most = Math.max(hours.get(before)?.peersMax ?? 0, hours.get(after)?.peersMax ?? 0);
    const sideOf = (number: number): Values => valuesOf(hours.get(number), restarts.get(number), most);
    return { before: sideOf(before), after: sideOf(after) };
  });
}

async function unknownHours(transaction: ReadTransaction, fromUs: number, toUs: number): Promise<number[]> {
  const { unknown } = await KnownTime.read(transaction, fromUs, toUs);
  const hours = new Set<number>();
  for (const [from, to] of unknown)
    for (let hour = Math.floor(from / HOUR_US) * HOUR_US; hour < to; hour += HOUR_US) hours.add(hour);
  return [...hours];
}

/** @param most the most peers on both sides: a share of those of one side would hide that there are fewer */
function valuesOf(hours: HoursRow | undefined, restarts: RestartsRow | undefined, most: number): Values {
  return {
    propagation_delay: isEnough(hours?.delayHours) ? delayOf(hours) : null,
    reach: isEnough(hours?.delayHours) ? ratio(hours?.arrived, hours?.expected) : null,
    finality_lag: isEnough(hours?.lagHours) ? countMedian(sumOfBins(hours?.lagBins)) : null,
    blocks_behind: isEnough(hours?.behindHours) ? ratio(hours?.behindSum, hours?.behindMinutes) : null,
    peers: isEnough(hours?.peersHours) ? ratio(hours?.peers, most) : null,
    restarts: restartsOf(restarts),
    download: bandwidthOf(hours, hours?.downloadSum),
    upload: bandwidthOf(hours, hours?.uploadSum),
  };
}

function isEnough(hours: number | undefined): boolean {
  return hours !== undefined && hours >= MIN_HOURS;
}

/** The median; null if half of the blocks did not arrive, too. */
function delayOf(hours: HoursRow | undefined): number | null {
  return hours === undefined
    ? null
    : binQuantile(
        hours.delayBins.map((count) => count ?? 0),
        0.5,
        hours.expected,
      );
}

/** Bytes a second on average. A node that reports none has 0 everywhere. */
function bandwidthOf(hours: HoursRow | undefined, sum: number | undefined): number | null {
  if (!isEnough(hours?.peersHours) || sum === undefined || sum === 0) return null;
  return ratio(
    sum,
    sumOfBins(hours?.peersBins).reduce((minutes, count) => minutes + count, 0),
  );
}

/** Per day. A node that was hardly connected cannot show restarts. */
function restartsOf(row: RestartsRow | undefined): number | null {
  if (row === undefined || row.heardSeconds < (MIN_HOURS * HOUR_US) / 1e6) return null;
  return ratio(row.restarts, row.knownSeconds / (DAY_US / 1e6));
}

/** Of all hours. Without iterators, which would take a second for many nodes. */
function sumOfBins(bins: Buffer = NO_BINS): number[] {
  const sums = new Array<number>(COUNT_BOUNDS.length).fill(0);
  for (let start = 0; start < bins.length; start += sums.length)
    for (let bin = 0; bin < sums.length; bin += 1) sums[bin] = (sums[bin] ?? 0) + (bins[start + bin] ?? 0);
  return sums;
}

const NO_BINS = Buffer.alloc(0);

function ratio(part: number | null | undefined, whole: number | undefined): number | null {
  return part === null || part === undefined || whole === undefined || whole === 0 ? null : part / whole;
}
