import type { ClientBase } from 'pg';
import { HOUR_MS, microsecondsOf, MINUTE_MS, sqlInterval } from '../../storage/index.js';
import { nodeKey } from './node-statuses.js';

const HOUR_US = HOUR_MS * 1000;
/** The hour before the present one is whole some minutes after its end. An older one does not show clocks of now. */
const CURRENT_MS = 70 * MINUTE_MS;
/** Nodes that were heard for less time of the hour are not judged by it. */
const MIN_MINUTES = 30;

/** The clocks of nodes in an hour. */
export interface HourClocks {
  /** Its start: microseconds since the epoch. */
  hour: number;
  /** What their clocks were off, in microseconds: by `nodeKey`. */
  offsets: ReadonlyMap<string, number>;
}

/** By the index on (`hour`, `chain_id`). */
const OFFSETS = `
  SELECT chains.key AS chain, peer_id AS node, clock_offset_us::float8 AS "offset"
    FROM insight_node_hours JOIN nodes ON nodes.id = node_id JOIN chains ON chains.id = nodes.chain_id
   WHERE hour = to_timestamp($1::float8 / 1e6) AND minutes >= $2 AND clock_offset_us IS NOT NULL`;

/**
 * The clocks of the last whole hour.
 *
 * @param known those that were read before, which are not read again in the same hour
 * @returns undefined if the hour is not aggregated, or aggregation is turned off
 */
export async function lastHourClocks(
  client: ClientBase,
  known: HourClocks | undefined,
): Promise<HourClocks | undefined> {
  const { rows } = await client.query<{ until: number }>(
    `SELECT ${microsecondsOf('closed_until')} AS until FROM insight_state WHERE closed_until > now() - ${sqlInterval(CURRENT_MS)}`,
  );
  const [state] = rows;
  if (state === undefined) return undefined;
  const hour = (Math.floor(state.until / HOUR_US) - 1) * HOUR_US;
  if (known?.hour === hour) return known;
  const found = await client.query<{ chain: string; node: string; offset: number }>(OFFSETS, [
    hour,
    MIN_MINUTES,
  ]);
  return {
    hour,
    offsets: new Map(found.rows.map(({ chain, node, offset }) => [nodeKey(chain, node), offset])),
  };
}
