import type { ClientBase } from 'pg';
import { onDatabase } from '../../../test/support/on-database.js';

const DAY_MS = 86_400_000;
/** In the reference measurement the second node has so many messages of those of the biggest one. */
const SECOND_SHARE = 17_600 / 91_000;

/** A node that is asked about. */
export interface Node {
  peerId: string;
  messages: number;
  /** Half an hour in the middle of its messages: without a zone, in UTC. */
  from: string;
  to: string;
}

/** The node that the requests are about. */
export interface Cast {
  rows: number;
  biggest: Node;
  second: Node;
  median: Node;
  /** It traces; with the target that most of its traces have. */
  tracer: Node;
  target: string;
  /** It left a day before the data ends. */
  gone: Node;
  /** The peer of which most reports of the last minutes say something. */
  reported: string;
}

interface Row {
  peer_id: string;
  messages: number;
  middle: string;
  newest: Date;
  traces: number;
}

/** Looks for the nodes in the database of 0.1.4, which stays as it is. */
export async function findCast(url: string, end: Date): Promise<Cast> {
  return await onDatabase(url, async (client) => {
    await client.query("SET TimeZone TO 'UTC'");
    const { rows } = await client.query<Row>(
      `SELECT peer_id, count(*)::int AS messages, max(message.created_at) AT TIME ZONE 'UTC' AS newest,
              (min(message.created_at) + (max(message.created_at) - min(message.created_at)) / 2)::text AS middle,
              (count(*) FILTER (WHERE logs->>'msg' = 'tracing.profiling'))::int AS traces
         FROM tetcore_logs AS message JOIN peer_connections AS connection ON connection.id = peer_connection_id
        WHERE peer_id IS NOT NULL
        GROUP BY peer_id
        -- Some clocks are wrong: what such nodes say lies in other times.
       HAVING max(message.created_at) <= $1::timestamp
          AND max(message.created_at) - min(message.created_at) < interval '1 day'
        ORDER BY messages DESC, peer_id`,
      [end.toISOString()],
    );
    const gone = rows.filter(({ newest }) => newest.getTime() < end.getTime() - DAY_MS / 2);
    const here = rows.filter((row) => !gone.includes(row));
    const biggest = needed(here[0]);
    const wanted = biggest.messages * SECOND_SHARE;
    const second = [...here].sort((a, b) => Math.abs(a.messages - wanted) - Math.abs(b.messages - wanted))[0];
    const tracer = needed([...here].sort((a, b) => b.traces - a.traces)[0]);
    return {
      rows: await countOf(client),
      biggest: await nodeOf(client, biggest),
      second: await nodeOf(client, second),
      median: await nodeOf(client, here[here.length >> 1]),
      tracer: await nodeOf(client, tracer),
      target: await targetOf(client, tracer.peer_id),
      gone: await nodeOf(client, gone[gone.length >> 1]),
      reported: await reportedMost(client, end),
    };
  });
}

async function countOf(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM tetcore_logs');
  return needed(rows[0]).count;
}

async function nodeOf(client: ClientBase, row: Row | undefined): Promise<Node> {
  const { peer_id: peerId, messages, middle } = needed(row);
  const { rows } = await client.query<{ from: string; to: string }>(
    `SELECT to_char(middle - interval '15 minutes', form) AS from, to_char(middle + interval '15 minutes', form) AS to
       FROM (VALUES ($1::timestamp, 'YYYY-MM-DD"T"HH24:MI:SS.US')) AS given (middle, form)`,
    [middle],
  );
  return { peerId, messages, ...needed(rows[0]) };
}

async function targetOf(client: ClientBase, peerId: string): Promise<string> {
  const { rows } = await client.query<{ target: string }>(
    `SELECT logs->>'target' AS target
       FROM tetcore_logs JOIN peer_connections AS connection ON connection.id = peer_connection_id
      WHERE peer_id = $1 AND logs->>'msg' = 'tracing.profiling'
      GROUP BY target ORDER BY count(*) DESC, target LIMIT 1`,
    [peerId],
  );
  return needed(rows[0]).target;
}

async function reportedMost(client: ClientBase, end: Date): Promise<string> {
  const { rows } = await client.query<{ peer: string }>(
    `SELECT peer
       FROM tetcore_logs CROSS JOIN jsonb_object_keys(logs->'state'->'peerset'->'nodes') AS peer
      WHERE logs->>'msg' = 'system.network_state' AND created_at > $1::timestamp - interval '5 minutes'
      GROUP BY peer ORDER BY count(*) DESC, peer LIMIT 1`,
    [end.toISOString()],
  );
  return needed(rows[0]).peer;
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('The data has no node of a kind that is asked about.');
  return value;
}
