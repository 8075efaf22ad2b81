import type { ClientBase } from 'pg';
import { isExpected, nodeTime } from './node-time.js';
import { SESSION_COUNTS, writeSessionHours } from './session-hours.js';

/** A day of UTC, which is a timestamp without time zone, as a time; and the other way round. */
const startOf = (day: string): string => `(${day} AT TIME ZONE 'UTC')`;
const dayOf = (time: string): string => `date_trunc('day', ${time} AT TIME ZONE 'UTC')`;
const NEXT_DAY = startOf("(day + interval '1 day')");

const NAMES = [
  'heard_seconds',
  'up_seconds',
  'known_seconds',
  'expected_seconds',
  ...SESSION_COUNTS,
  'authority',
  'version',
  'implementation',
];

/** Writes the days of nodes over what was written of them. `days` is a FROM item with nodes, and a timestamp `day`. */
const writeDays = (days: string): string => `
  WITH written AS (
    INSERT INTO insight_node_days (day, node_id, chain_id, ${NAMES.join(', ')})
    SELECT (from_at AT TIME ZONE 'UTC')::date, node_id, chain_id, ${NAMES.join(', ')}
      FROM ${nodeTime(`
        SELECT nodes.id AS node_id, nodes.chain_id, nodes.first_seen_at, nodes.last_seen_at,
               ${startOf('day')} AS from_at, ${NEXT_DAY} AS to_at
          FROM ${days}
         WHERE ${isExpected('nodes', startOf('day'), NEXT_DAY)}`)} AS times
    ON CONFLICT (node_id, day) DO UPDATE SET ${NAMES.map((name) => `${name} = excluded.${name}`).join(', ')}
     WHERE (${NAMES.map((name) => `insight_node_days.${name}`).join(', ')})
           IS DISTINCT FROM (${NAMES.map((name) => `excluded.${name}`).join(', ')})
    RETURNING day
  )
  SELECT min(day)::text AS from, max(day)::text AS to FROM written`;

const ALL = writeDays("generate_series($1::timestamp, $2::timestamp, interval '1 day') AS day, nodes");
const SOME = writeDays(`
  unnest($1::integer[], $2::timestamptz[]) AS given (node, since)
  JOIN nodes ON nodes.id = given.node
  CROSS JOIN LATERAL generate_series(${dayOf('since')}, $3::timestamp, interval '1 day') AS day`);

/** From the nodes of the day, each once. */
const VERSIONS = `
  INSERT INTO insight_version_days (day, chain_id, version, implementation, nodes)
  SELECT day, chain_id, coalesce(version, ''), coalesce(implementation, ''), count(*)
    FROM insight_node_days
   WHERE day BETWEEN $1::date AND $2::date AND heard_seconds >= 3600
     AND chain_id = ANY (ARRAY(SELECT id FROM chains))
   GROUP BY 1, 2, 3, 4
  ON CONFLICT (chain_id, day, version, implementation) DO UPDATE SET nodes = excluded.nodes
   WHERE insight_version_days.nodes <> excluded.nodes`;

const OLD_VERSIONS = `
  DELETE FROM insight_version_days AS stored
   WHERE day BETWEEN $1::date AND $2::date AND NOT EXISTS (
         SELECT FROM insight_node_days AS node
          WHERE node.chain_id = stored.chain_id AND node.day = stored.day AND node.heard_seconds >= 3600
            AND coalesce(node.version, '') = stored.version
            AND coalesce(node.implementation, '') = stored.implementation)`;

/** Days of UTC: `2026-11-30`. */
export interface Days {
  from: string;
  /** Inclusive. */
  to: string;
}

/** Computes days of all nodes, what versions they had, and how many of their sessions began and ended. */
export async function writeNodeDays(client: ClientBase, days: Days): Promise<void> {
  await write(client, ALL, [days.from, days.to]);
  await writeSessionHours(client, days);
}

/**
 * Computes the days of some nodes.
 *
 * @param nodes with a time of the first day
 * @param to the last day
 */
export async function writeDaysOf(
  client: ClientBase,
  nodes: readonly { node: number; since: string }[],
  to: string,
): Promise<void> {
  if (nodes.length === 0) return;
  const changed = await write(client, SOME, [
    nodes.map(({ node }) => node),
    nodes.map(({ since }) => since),
    to,
  ]);
  if (changed !== undefined) await writeSessionHours(client, changed);
}

/** @returns the days of which something changed; undefined for none */
async function write(client: ClientBase, sql: string, parameters: unknown[]): Promise<Days | undefined> {
  const { rows } = await client.query<{ from: string | null; to: string }>(sql, parameters);
  const [{ from, to } = { from: null, to: '' }] = rows;
  if (from === null) return undefined;
  await client.query(OLD_VERSIONS, [from, to]);
  await client.query(VERSIONS, [from, to]);
  return { from, to };
}
