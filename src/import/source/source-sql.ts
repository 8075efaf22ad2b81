import type { ClientBase } from 'pg';
import {
  CLOCK_AHEAD_MS,
  connectionId,
  HOUR_MS,
  MESSAGE_TYPES,
  NO_TYPE,
  OTHER_TYPE,
  REPORTED_FIELDS,
} from '../../storage/index.js';
import { MAX_TEXT_LENGTH } from '../../telemetry/index.js';
import type { IdRange } from './id-ranges.js';
import type { SourceTable } from './inspect-source.js';

/** Columns of 0.1.4 with identity fields of nodes. They have the same names in this version. */
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

/** Their definitions in this version. */
export const KEPT_FIELDS = REPORTED_FIELDS.filter(({ column }) => KEPT.some((kept) => kept === column));

/** A connection of 0.1.4 as a row of `peer_connections`. Times in PostgreSQL's format, in UTC. */
export interface ConnectionRow extends Record<KeptColumn, string | boolean | null> {
  old_id: number;
  /** From `--genesis`; 0.1.4 does not store it. */
  genesis_hash: string | null;
  id: number;
  ip_addr: string;
  created_at: string;
  audit: boolean;
}

/** Properties of a source. */
export interface SourceIdentity {
  /** Its collector number in the target. */
  collector: number;
  genesis: ReadonlyMap<string, string>;
}

type Value = ConnectionRow[keyof ConnectionRow];

/** Whether messages of a connection `c` are permanent. Older versions have none. */
function auditOf(connections: SourceTable): string {
  return connections.columns.has('audit') ? 'coalesce(c.audit, false)' : 'false';
}

/** Bounds for the start of a connection. Older messages are skipped. */
const EARLIEST_TIME = '1970-01-01 00:00:00';
const LATEST_TIME = '9998-12-31 23:59:59.999999';

/**
 * The id of a connection `c` in the target.
 *
 * @param collector the collector number of the source
 */
function idOf(collector: number): string {
  return `(${connectionId(collector, 0)} + c.id)`;
}

/** The encoding for reading text as bytes: PostgreSQL does not convert text of a SQL_ASCII database. */
const READ_AS = "(CASE getdatabaseencoding() WHEN 'SQL_ASCII' THEN 'SQL_ASCII' ELSE 'UTF8' END)::name";
/** Text as bytes: in a database with encoding `SQL_ASCII` it may be invalid. */
const bytesOf = (text: string): string => `convert_to(${text}, ${READ_AS})`;

/**
 * Reads connections of 0.1.4. Invalid characters become U+FFFD, so that messages of the connection are not lost.
 *
 * @param collector the collector number of the source
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
            least(greatest(c.created_at, '${EARLIEST_TIME}'), '${LATEST_TIME}')::text AS created_at,
            ${auditOf(connections)} AS audit, ${fields.join(', ')}
       FROM ${connections.name} AS c WHERE ${condition}`,
    parameters,
  );
  return rows.map((row) => {
    const read = Object.entries(row).map(([name, value]) => [name, asText(value)]);
    const connection = Object.fromEntries(read) as ConnectionRow;
    return { ...connection, genesis_hash: genesis.get(String(connection.chain)) ?? null };
  });
}

/** Decodes bytes that may be invalid UTF-8. */
function asText(value: Value | Buffer): Value {
  return Buffer.isBuffer(value) ? value.toString() : value;
}

/** Chain names without any connection. */
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

export interface LogQuery {
  logs: SourceTable;
  connections: SourceTable;
  /** The collector number of the source in the target. */
  collector: number;
  range: IdRange;
  /** Older messages have expired: milliseconds since the epoch. */
  cutoff: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Messages of a connection with the same result in one partition. */
export interface LogGroup {
  /** The id in the source; null if the connection does not exist. */
  connection: number | null;
  audit: boolean;
  /** Why they are skipped; null if they are imported. */
  reason: 'no_connection' | 'not_an_object' | 'out_of_range' | 'expired' | null;
  rows: number;
  /** In PostgreSQL's time format, in UTC. */
  oldest: string;
  newest: string;
}

/** The columns of {@link copyLogs}, in order. */
export const COPIED_COLUMNS = 'created_at, received_at, stored_at, collector, peer_connection_id, type, logs';

/** Numbers of types by name, as text: old versions of PostgreSQL cannot cast jsonb to numbers. */
const TYPE_NUMBERS = JSON.stringify(
  Object.fromEntries(MESSAGE_TYPES.map(([name, number]) => [name, number.toString()])),
);
const TYPE = `CASE jsonb_typeof(l.logs->'msg')
             WHEN 'string' THEN coalesce('${TYPE_NUMBERS}'::jsonb->>(l.logs->>'msg'), '${OTHER_TYPE}') ELSE '${NO_TYPE}' END`;

/**
 * Counts the messages of a range by result.
 *
 * @param width of the partitions of messages that expire
 */
export function countLogs(query: LogQuery, width: string): string {
  return `
    SELECT connection::float8 AS connection, audit, reason, count(*)::float8 AS rows,
           min(created_at)::text AS oldest, max(created_at)::text AS newest
      FROM (SELECT c.id AS connection, ${auditOf(query.connections)} AS audit, l.created_at,
                   ${reasonOf(query)} AS reason ${from(query, 'LEFT JOIN')}) AS log
     GROUP BY connection, audit, reason,
              CASE WHEN reason IS NULL
                   THEN date_trunc(CASE WHEN audit THEN 'month' ELSE '${width}' END, created_at) END`;
}

/**
 * COPY statement for the messages of a range that go to one of the tables, ordered by id to keep the order of messages
 * with equal times. 0.1.4 stores `created_at` only, so the other times are derived from it. `stored_at` is set to the
 * past, because the live feed sends rows that were stored within the last seconds.
 */
export function copyLogs(query: LogQuery, audit: boolean): string {
  const time = (at: number): string => `'${new Date(at).toISOString()}'`;
  return `COPY (
    SELECT l.created_at, least(l.created_at, ${time(query.now)}),
           least(l.created_at, ${time(query.now - HOUR_MS)}), ${query.collector}, ${idOf(query.collector)},
           ${TYPE}, l.logs
      ${from(query, 'JOIN')} AND ${audit ? '' : 'NOT '}${auditOf(query.connections)}
       AND ${reasonOf(query)} IS NULL
     ORDER BY l.id) TO STDOUT`;
}

function from({ logs, connections, range }: LogQuery, join: 'JOIN' | 'LEFT JOIN'): string {
  return `FROM ${logs.name} AS l ${join} ${connections.name} AS c ON c.id = l.peer_connection_id
     WHERE l.id BETWEEN ${range.first} AND ${range.last}`;
}

function reasonOf({ connections, cutoff, now }: LogQuery): string {
  const latest = new Date(now + CLOCK_AHEAD_MS).toISOString();
  return `CASE WHEN c.id IS NULL THEN 'no_connection'
               WHEN jsonb_typeof(l.logs) IS DISTINCT FROM 'object' THEN 'not_an_object'
               WHEN NOT coalesce(l.created_at BETWEEN '${EARLIEST_TIME}' AND '${latest}', false) THEN 'out_of_range'
               WHEN l.created_at < '${new Date(cutoff).toISOString()}' AND NOT ${auditOf(connections)} THEN 'expired'
          END`;
}

/** Parses a time in PostgreSQL's format, in UTC, with or without offset: milliseconds since the epoch, rounded down. */
export function millisecondsOf(text: string): number {
  return Date.parse(`${text.replace(' ', 'T').replace(/\+00$/, '')}Z`);
}
