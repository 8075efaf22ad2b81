import type { ClientBase } from 'pg';
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

/** Bounds of when a connection may have begun. No message may be older than the first. */
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

/** What nodes have said of themselves. In a database whose encoding is `SQL_ASCII` it may be broken. */
const TEXTS = ['ip_addr', 'peer_id', 'name', 'chain', 'version', 'implementation'] as const;
type Texts = Record<(typeof TEXTS)[number], Buffer | null>;
/** Of bytes that come as they are from a database without an encoding; PostgreSQL would refuse to send them as text. */
const READ_AS = "(CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)::name";

/**
 * Reads connections of 0.1.4. What is broken in a text of theirs becomes U+FFFD: it would cost all of the messages.
 *
 * @param condition on `c`
 */
export async function readConnections(
  client: ClientBase,
  connections: SourceTable,
  source: string,
  condition: string,
  parameters: unknown[],
): Promise<ConnectionRow[]> {
  const column = (name: string, type: string): string =>
    connections.columns.has(name) ? `c.${name}::${type}` : `NULL::${type}`;
  const texts = TEXTS.map((name) => `convert_to(${column(name, 'text')}, ${READ_AS}) AS ${name}`);
  const { rows } = await client.query<Omit<ConnectionRow, keyof Texts> & Texts>(
    `SELECT c.id::float8 AS old_id, (${connectionId(source)})::uuid::text AS id, ${texts.join(', ')},
            (${createdAt})::text AS created_at, ${auditOf(connections)} AS audit,
            ${column('authority', 'boolean')} AS authority, ${column('startup_time', 'text')} AS startup_time
       FROM ${connections.name} AS c WHERE ${condition}`,
    parameters,
  );
  return rows.map((row) => ({
    ...row,
    ip_addr: row.ip_addr?.toString() ?? '',
    peer_id: row.peer_id?.toString() ?? null,
    name: row.name?.toString() ?? null,
    chain: row.chain?.toString() ?? null,
    version: row.version?.toString() ?? null,
    implementation: row.implementation?.toString() ?? null,
  }));
}
