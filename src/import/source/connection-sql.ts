import type { ClientBase } from 'pg';
import { connectionId, REPORTED_FIELDS } from '../../storage/index.js';
import { MAX_TEXT_LENGTH } from '../../telemetry/index.js';
import type { SourceTable } from './source-tables.js';

/** What 0.1.4 keeps of what nodes say of themselves: columns that have the same names here. */
const KEPT = [
  'peer_id',
  'name',
  'chain',
  'version',
  'authority',
  'startup_time',
  'implementation',
] as const satisfies readonly SaidColumn[];
type SaidColumn = (typeof REPORTED_FIELDS)[number]['column'];
type KeptColumn = (typeof KEPT)[number];

/** The same with their kinds. */
export const KEPT_FIELDS = REPORTED_FIELDS.filter(({ column }) => KEPT.some((kept) => kept === column));

/** A connection of 0.1.4 in the form of `peer_connections` here. Times as PostgreSQL writes them, in UTC. */
export interface ConnectionRow extends Record<KeptColumn, string | boolean | null> {
  old_id: number;
  /** As `--genesis` says of its chain; 0.1.4 does not keep it. */
  genesis_hash: string | null;
  id: number;
  ip_addr: string;
  created_at: string;
  audit: boolean;
}

/** What is known of a source as a whole. */
export interface SourceIdentity {
  /** The number that it has here. */
  collector: number;
  genesis: ReadonlyMap<string, string>;
}

type Value = ConnectionRow[keyof ConnectionRow];

/** Whether messages of a connection, `c`, are kept for good. Older versions keep none. */
export function auditOf(connections: SourceTable): string {
  return connections.columns.has('audit') ? 'coalesce(c.audit, false)' : 'false';
}

/** Bounds of when a connection may have begun. No message may be older than the first. */
export const EARLIEST = '1970-01-01 00:00:00';
export const LATEST = '9998-12-31 23:59:59.999999';

/**
 * The id that a connection, `c`, has here.
 *
 * @param collector the number of the source
 */
export function idOf(collector: number): string {
  return `(${connectionId(collector, 0)} + c.id)`;
}

/** Of bytes that come as they are from a database without an encoding; PostgreSQL would refuse to send them as text. */
const READ_AS = "(CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)::name";
/** In a database whose encoding is `SQL_ASCII` it may be broken. */
const bytesOf = (text: string): string => `convert_to(${text}, ${READ_AS})`;

/**
 * Reads connections of 0.1.4. What is broken in a text of theirs becomes U+FFFD: it would cost all of the messages.
 *
 * @param collector the number of the source
 * @param genesis genesis hashes by the name of the chain
 * @param condition on `c`
 */
export async function readConnections(
  client: ClientBase,
  connections: SourceTable,
  { collector, genesis }: SourceIdentity,
  condition: string,
  parameters: unknown[],
): Promise<ConnectionRow[]> {
  const fields = KEPT_FIELDS.map(({ column, kind }) => {
    const value = connections.columns.has(column) ? `c.${column}` : 'NULL';
    if (kind === 'flag') return `${value}::boolean AS ${column}`;
    if (kind === 'time') return `${value}::text AS ${column}`;
    return `${bytesOf(kind === 'text' ? `left(${value}::text, ${MAX_TEXT_LENGTH.toString()})` : `${value}::text`)} AS ${column}`;
  });
  const { rows } = await client.query<Record<keyof ConnectionRow, Value | Buffer>>(
    `SELECT c.id::float8 AS old_id, ${idOf(collector)}::float8 AS id, ${bytesOf("coalesce(c.ip_addr::text, '')")} AS ip_addr,
            least(greatest(c.created_at, '${EARLIEST}'), '${LATEST}')::text AS created_at,
            ${auditOf(connections)} AS audit, ${fields.join(', ')}
       FROM ${connections.name} AS c WHERE ${condition}`,
    parameters,
  );
  return rows.map((row) => {
    const read = Object.entries(row).map(([name, value]) => [name, asText(value)]);
    const said = Object.fromEntries(read) as ConnectionRow;
    return { ...said, genesis_hash: genesis.get(String(said.chain)) ?? null };
  });
}

/** Of what may be no UTF-8. */
function asText(value: Value | Buffer): Value {
  return Buffer.isBuffer(value) ? value.toString() : value;
}

/** Which of these names no connection has as that of its chain. */
export async function unknownChains(
  client: ClientBase,
  connections: SourceTable,
  names: readonly string[],
): Promise<string[]> {
  if (!connections.columns.has('chain')) return [...names];
  const { rows } = await client.query<{ name: string }>(
    `SELECT given.name FROM unnest($1::text[]) AS given (name)
      WHERE NOT EXISTS (SELECT FROM ${connections.name} AS c WHERE c.chain = given.name)`,
    [names],
  );
  return rows.map(({ name }) => name);
}
