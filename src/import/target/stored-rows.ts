import type { ClientBase } from 'pg';

/** What of a source is in a table here. */
export interface StoredRows {
  stored: number;
  /** Those among them that no purge may remove yet. */
  kept: number;
}

/** Counts the messages that came from a source. It goes through all that are there, and may take its time. */
export const storedMessages = (client: ClientBase, collector: number, cutoff: Date): Promise<StoredRows> =>
  count(
    client,
    `SELECT count(*)::float8 AS stored, count(*) FILTER (WHERE audit OR created_at >= $2)::float8 AS kept
       FROM tetcore_logs WHERE collector = $1`,
    [collector, cutoff],
  );

export const storedConnections = (client: ClientBase, collector: number, cutoff: Date): Promise<StoredRows> =>
  count(
    client,
    `SELECT count(*)::float8 AS stored, count(*) FILTER (WHERE audit OR created_at >= $2)::float8 AS kept
       FROM peer_connections WHERE collector = $1`,
    [collector, cutoff],
  );

/** Of a table whose rows have kept their ids or are noted with new ones. No purge removes them. */
export const storedDescriptions = (client: ClientBase, source: string, table: string): Promise<StoredRows> =>
  count(
    client,
    `SELECT count(*)::float8 AS stored, count(*)::float8 AS kept
       FROM import_ids JOIN ${table} ON id = new_id WHERE source = $1 AND table_name = $2`,
    [source, table],
  );

async function count(client: ClientBase, sql: string, parameters: unknown[]): Promise<StoredRows> {
  const { rows } = await client.query<StoredRows>(sql, parameters);
  return rows[0] ?? { stored: 0, kept: 0 };
}
