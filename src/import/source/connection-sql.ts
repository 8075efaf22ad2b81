import type { SourceTable } from './source-tables.js';

/** A connection of 0.1.4 in the form of `peer_connections` here. Times as PostgreSQL writes them, in UTC. */
export interface ConnectionRow {
  old_id: number;
  id: string;
  ip_addr: string;
  peer_id: string | null;
  created_at: string;
  audit: boolean;
  name: string | null;
  chain: string | null;
  version: string | null;
  authority: boolean | null;
  /** A whole number of 64 bits. */
  startup_time: string | null;
  implementation: string | null;
}

/** Whether messages of a connection, `c`, are kept for good. Older versions keep none. */
export function auditOf(connections: SourceTable): string {
  return connections.columns.has('audit') ? 'coalesce(c.audit, false)' : 'false';
}

/** Bounds of what times may be here. Whatever lies beyond, infinity included, has no partition. */
export const EARLIEST = '1970-01-01 00:00:00';
export const LATEST = '9998-12-31 23:59:59.999999';

const createdAt = `least(greatest(c.created_at, '${EARLIEST}'), '${LATEST}')`;

/**
 * The UUID that a connection, `c`, has here: in the form of version 7, so that it sorts by time and the purge finds
 * it, and with a hash of the source and the old id where others have random bits. So each run gives it again.
 */
export function connectionId(source: string): string {
  const milliseconds = `round(extract(epoch FROM date_trunc('milliseconds', ${createdAt})) * 1000)::bigint`;
  return `lpad(to_hex(${milliseconds}), 12, '0') || '70008' || left(md5('${source}/' || c.id), 15)`;
}

/**
 * Connections of 0.1.4 as {@link ConnectionRow}s.
 *
 * @param condition on `c`
 */
export function connectionRows(connections: SourceTable, source: string, condition: string): string {
  const column = (name: string, type = 'text'): string =>
    connections.columns.has(name) ? `c.${name}::${type}` : `NULL::${type}`;
  return `
    SELECT c.id::float8 AS old_id, (${connectionId(source)})::uuid::text AS id, coalesce(${column('ip_addr')}, '') AS ip_addr,
           ${column('peer_id')} AS peer_id, (${createdAt})::text AS created_at,
           ${auditOf(connections)} AS audit, ${column('name')} AS name, ${column('chain')} AS chain,
           ${column('version')} AS version, ${column('authority', 'boolean')} AS authority,
           ${column('startup_time')} AS startup_time, ${column('implementation')} AS implementation
      FROM ${connections.name} AS c WHERE ${condition}`;
}
