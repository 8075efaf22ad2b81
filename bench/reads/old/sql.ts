import type { ClientBase } from 'pg';

/** What 0.1.4 asks its database for each of its routes. Like it, nothing here is prepared beforehand. */

/** Bounds that it asks for where none are given. */
const EPOCH = '1970-01-01T00:00:00';

export interface LogFilters {
  peerId: string;
  msg?: string;
  /** It looks at it where there is a type, too. */
  target?: string;
  /** Without a zone, in UTC; both excluded. */
  from?: string;
  to?: string;
  limit: number;
}

export async function nodes(client: ClientBase): Promise<number> {
  return await count(
    client,
    `SELECT DISTINCT ON (peer_id) peer_id, id, ip_addr, created_at, audit, name, chain, version, authority,
            startup_time, implementation
       FROM peer_connections ORDER BY peer_id, created_at DESC`,
    [],
  );
}

export async function logStats(client: ClientBase, peerId: string): Promise<number> {
  return await count(
    client,
    `SELECT COUNT(log_type) AS qty, log_type
       FROM (SELECT logs->>'msg' AS log_type
               FROM tetcore_logs sl LEFT JOIN peer_connections pc ON sl.peer_connection_id = pc.id
              WHERE peer_id = $1) t
      GROUP BY t.log_type`,
    [peerId],
  );
}

export async function logs(client: ClientBase, filters: LogFilters, now: Date): Promise<number> {
  const { peerId, msg, target, from = EPOCH, to = naive(now), limit } = filters;
  const more = msg === undefined ? [] : target === undefined ? [msg] : [msg, target];
  const conditions = ["logs->>'msg'", "logs->>'target'"]
    .slice(0, more.length)
    .map((field, index) => `AND ${field} = $${(index + 4).toString()}`);
  return await count(
    client,
    `SELECT sl.id, ip_addr, peer_id, logs->>'msg' AS msg, logs, sl.created_at, peer_connection_id
       FROM tetcore_logs sl LEFT JOIN peer_connections pc ON sl.peer_connection_id = pc.id
      WHERE peer_id = $1 AND sl.created_at > $2 AND sl.created_at < $3 ${conditions.join(' ')}
      ORDER BY created_at DESC LIMIT $${(more.length + 4).toString()}`,
    [peerId, from, to, ...more, limit],
  );
}

export async function reputation(client: ClientBase, since: Date): Promise<number> {
  return await count(client, latestReports('', 3), [naive(since), naive(since), 100]);
}

/** Of the peers alone that have ever been here: which, it asks first. */
export async function reputationLogged(client: ClientBase, since: Date): Promise<number> {
  const { rows } = await client.query<{ peer_id: string | null }>(
    'SELECT DISTINCT peer_id FROM peer_connections',
  );
  const logged = rows.flatMap(({ peer_id: peerId }) => peerId ?? []);
  return await count(client, latestReports('key::text = ANY ($4) AND', 3), [
    naive(since),
    naive(since),
    100,
    logged,
  ]);
}

/** Its parameters are of the type `timestamp`: the casts here say so. */
function latestReports(condition: string, limit: number): string {
  return `
    SELECT DISTINCT ON (reporting_peer) peer_id AS reporting_peer,
           array_agg(peers.key::varchar) AS remote_peer,
           array_agg(jsonb_extract_path_text(peers.value, 'reputation')::bigint) AS reputation,
           array_agg(jsonb_extract_path_text(peers.value, 'connected')::boolean) AS connected,
           sl.created_at AS ts
      FROM peer_connections pc
     INNER JOIN tetcore_logs sl
        ON peer_connection_id = pc.id AND logs->>'msg' = 'system.network_state'
       AND sl.created_at > $1::timestamp AT TIME ZONE 'UTC',
           LATERAL jsonb_each(logs->'state'->'peerset'->'nodes') AS peers
     WHERE ${condition} sl.id = ANY (
             SELECT DISTINCT ON (peer_id) tetcore_logs.id
               FROM tetcore_logs INNER JOIN peer_connections ON peer_connection_id = peer_connections.id
              WHERE logs->>'msg' = 'system.network_state'
                AND tetcore_logs.created_at > $2::timestamp AT TIME ZONE 'UTC'
              ORDER BY peer_id, tetcore_logs.created_at DESC)
     GROUP BY reporting_peer, sl.created_at
     LIMIT $${limit.toString()}`;
}

export async function peerReputation(
  client: ClientBase,
  peerId: string,
  from: Date,
  to: Date,
): Promise<number> {
  return await count(
    client,
    `SELECT DISTINCT ON (reporting_peer, ts) peer_id AS reporting_peer,
            jsonb_extract_path_text(peers.value, 'reputation')::bigint AS reputation,
            jsonb_extract_path_text(peers.value, 'connected')::boolean AS connected,
            sl.created_at AS ts
       FROM peer_connections pc INNER JOIN tetcore_logs sl ON peer_connection_id = pc.id,
            LATERAL jsonb_each(logs->'state'->'peerset'->'nodes') AS peers
      WHERE logs->'state'->'peerset'->'nodes' @> ($1)::jsonb
        AND logs->>'msg' = 'system.network_state'
        AND sl.created_at > $2::timestamp AT TIME ZONE 'UTC'
        AND sl.created_at < $3::timestamp AT TIME ZONE 'UTC'
      GROUP BY reporting_peer, ts, reputation, connected
      LIMIT $4`,
    [JSON.stringify({ [peerId]: {} }), naive(from), naive(to), 1000],
  );
}

export async function databaseSizes(client: ClientBase): Promise<number> {
  return await count(
    client,
    `SELECT nspname || '.' || relname AS relation, pg_size_pretty(pg_relation_size(C.oid)) AS size
       FROM pg_class C LEFT JOIN pg_namespace N ON (N.oid = C.relnamespace)
      WHERE nspname NOT IN ('pg_catalog', 'information_schema')
      ORDER BY pg_relation_size(C.oid) DESC LIMIT 1000`,
    [],
  );
}

async function count(client: ClientBase, sql: string, values: unknown[]): Promise<number> {
  const { rows } = await client.query(sql, values);
  return rows.length;
}

/** A time of its kind: without a zone. */
function naive(at: Date): string {
  return at.toISOString().slice(0, -1);
}
