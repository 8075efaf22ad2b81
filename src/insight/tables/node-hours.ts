import type { ClientBase } from 'pg';
import { microsecondsOf } from '../../storage/index.js';
import { type Aggregation, type ChainHour, HOUR_US, hourOf, type NodeHour } from '../aggregate/index.js';
import { timeSql } from './columns.js';

/** Nodes per statement. */
const CHUNK_ROWS = 1_000;
/** Earlier hours whose numbers of peers a minute depends on. */
const HOURS_BEFORE = 2;

type Column = readonly [key: keyof NodeHour, type: string];

const COLUMNS: Readonly<Record<string, Column>> = {
  clock_offset_us: ['clockOffsetUs', 'bigint'],
  download_sum: ['downloadSum', 'bigint'],
  upload_sum: ['uploadSum', 'bigint'],
  imports: ['imports', 'integer'],
  expected: ['expected', 'integer'],
  arrived: ['arrived', 'integer'],
  behind_sum: ['behindSum', 'integer'],
  peers_max: ['peersMax', 'bigint'],
  minutes: ['minutes', 'smallint'],
  chain_reports: ['chainReports', 'smallint'],
  network_reports: ['networkReports', 'smallint'],
  behind_minutes: ['behindMinutes', 'smallint'],
  clock_steps: ['clockSteps', 'smallint'],
  delay_bins: ['delayBins', 'smallint[]'],
};
const BYTES: Readonly<Record<string, 'lagBins' | 'peersBins' | 'txcountBins'>> = {
  lag_bins: 'lagBins',
  peers_bins: 'peersBins',
  txcount_bins: 'txcountBins',
};
const NAMES = [...Object.keys(COLUMNS), ...Object.keys(BYTES)];

const VALUES = [
  ...Object.values(COLUMNS).map(([key]) => `"${key}"`),
  ...Object.values(BYTES).map((key) => `decode("${key}", 'hex')`),
];
const RECORD = [
  ...Object.values(COLUMNS).map(([key, type]) => `"${key}" ${type}`),
  ...Object.values(BYTES).map((key) => `"${key}" text`),
];

/** Rows of an unchanged hour stay as they are. */
const WRITE = `
  INSERT INTO insight_node_hours (chain_id, hour, node_id, ${NAMES.join(', ')})
  SELECT $1, ${timeSql('$2')}, node, ${VALUES.join(', ')}
    FROM jsonb_to_recordset($3::jsonb) AS one (node integer, ${RECORD.join(', ')})
  ON CONFLICT (chain_id, node_id, hour) DO UPDATE SET ${NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}`;

/**
 * Writes an hour of all nodes over what was written before.
 *
 * @param isWhole whether the rows contain all of its minutes so far, so that what is stored of other nodes is removed
 */
export async function writeNodeHours(
  client: ClientBase,
  hour: number,
  chains: readonly ChainHour[],
  isWhole: boolean,
): Promise<void> {
  if (isWhole) await client.query(`DELETE FROM insight_node_hours WHERE hour = ${timeSql('$1')}`, [hour]);
  for (const { chain, nodes } of chains) {
    for (let start = 0; start < nodes.length; start += CHUNK_ROWS) {
      const rows = nodes.slice(start, start + CHUNK_ROWS).map(hexadecimal);
      await client.query(WRITE, [chain, hour, JSON.stringify(rows)]);
    }
  }
}

function hexadecimal(row: NodeHour): object {
  const bytes = Object.values(BYTES).map((key) => [key, Buffer.from(row[key]).toString('hex')]);
  return { ...row, ...(Object.fromEntries(bytes) as object) };
}

const OPEN = `
  SELECT chain_id AS chain, node_id AS node,
         ${Object.entries(COLUMNS)
           .map(([name, [key, type]]) => `${name}${type === 'bigint' ? '::float8' : ''} AS "${key}"`)
           .join(', ')},
         ${Object.entries(BYTES)
           .map(([name, key]) => `${name} AS "${key}"`)
           .join(', ')}
    FROM insight_node_hours WHERE hour = ${timeSql('$1')}`;

const MAXIMA = `
  SELECT chain_id AS chain, ${microsecondsOf('hour')} AS hour, array_agg(node_id) AS nodes,
         array_agg(peers_max::float8) AS peers
    FROM insight_node_hours
   WHERE hour >= ${timeSql('$1')} AND hour < ${timeSql('$2')} AND peers_max IS NOT NULL GROUP BY chain_id, hour`;

interface MaximaRow {
  chain: number;
  hour: number;
  nodes: number[];
  peers: number[];
}

/**
 * Begins an aggregation with the minute of a time, as the tables have what it depends on.
 *
 * @param from microseconds since the epoch; the hour of that time has the minutes before it, if it has any
 */
export async function beginHours(client: ClientBase, aggregation: Aggregation, from: number): Promise<void> {
  const hour = hourOf(from);
  const hours = new Map<number, NodeHour[]>();
  if (from > hour) {
    const { rows } = await client.query<NodeHour & { chain: number }>(OPEN, [hour]);
    for (const { chain, ...node } of rows) {
      const nodes = hours.get(chain) ?? [];
      hours.set(chain, nodes);
      nodes.push(node);
    }
  }
  const maxima = await client.query<MaximaRow>(MAXIMA, [hour - HOURS_BEFORE * HOUR_US, hour]);
  aggregation.begin(
    from,
    [...hours].map(([chain, nodes]) => ({ chain, hour, nodes })),
    maxima.rows.map(({ chain, hour: ended, nodes, peers }) => ({
      chain,
      hour: ended,
      peers: new Map(nodes.map((node, index) => [node, peers[index] ?? 0])),
    })),
  );
}

/** Writes the hours of nodes of which minutes in a time range were just added. */
export async function writeOpenHours(
  client: ClientBase,
  aggregation: Aggregation,
  from: number,
  to: number,
): Promise<void> {
  for (let hour = hourOf(from); hour < to; hour += HOUR_US)
    await writeNodeHours(client, hour, aggregation.hours(hour), from <= hour);
}

/**
 * Writes the hours of nodes that ended in a time range, and were added from their first minute on.
 *
 * @param begin when the aggregation began
 */
export async function writeEndedHours(
  client: ClientBase,
  aggregation: Aggregation,
  begin: number,
  [from, to]: readonly [number, number],
): Promise<void> {
  for (let hour = hourOf(from); hour + HOUR_US <= to; hour += HOUR_US)
    if (hour >= begin) await writeNodeHours(client, hour, aggregation.hours(hour), true);
}
