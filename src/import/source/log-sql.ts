import { CLOCK_AHEAD_MS, HOUR_MS, MESSAGE_TYPES, NO_TYPE, OTHER_TYPE } from '../../storage/index.js';
import type { IdRange } from '../id-ranges.js';
import { auditOf, EARLIEST, idOf } from './connection-sql.js';
import type { SourceTable } from './source-tables.js';

export interface LogQuestion {
  logs: SourceTable;
  connections: SourceTable;
  /** The number that the source has here. */
  collector: number;
  range: IdRange;
  /** Messages before it have expired: milliseconds since the epoch. */
  cutoff: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** Messages of a connection that have one fate, within one partition. */
export interface LogGroup {
  /** The old id; null where there is no such connection. */
  connection: number | null;
  audit: boolean;
  /** Why they are left out; null where they are not. */
  reason: 'no_connection' | 'not_an_object' | 'out_of_range' | 'expired' | null;
  rows: number;
  /** As PostgreSQL writes times, in UTC. */
  oldest: string;
  newest: string;
}

/** The columns that {@link copyLogs} gives, in order. */
export const COPIED_COLUMNS = 'created_at, received_at, stored_at, collector, peer_connection_id, type, logs';

/** The number of a type by its name. In texts, as the line of COPY has it: older versions cannot cast it from jsonb. */
const TYPE_NUMBERS = JSON.stringify(
  Object.fromEntries(MESSAGE_TYPES.map(([name, number]) => [name, number.toString()])),
);
const TYPE = `CASE jsonb_typeof(l.logs->'msg')
             WHEN 'string' THEN coalesce('${TYPE_NUMBERS}'::jsonb->>(l.logs->>'msg'), '${OTHER_TYPE}') ELSE '${NO_TYPE}' END`;

/**
 * What there is in a range, by its fate.
 *
 * @param width of the partitions of messages that expire
 */
export function countLogs(question: LogQuestion, width: string): string {
  return `
    SELECT connection::float8 AS connection, audit, reason, count(*)::float8 AS rows,
           min(created_at)::text AS oldest, max(created_at)::text AS newest
      FROM (SELECT c.id AS connection, ${auditOf(question.connections)} AS audit, l.created_at,
                   ${reasonOf(question)} AS reason ${from(question, 'LEFT JOIN')}) AS log
     GROUP BY connection, audit, reason,
              CASE WHEN reason IS NULL
                   THEN date_trunc(CASE WHEN audit THEN 'month' ELSE '${width}' END, created_at) END`;
}

/**
 * The messages of a range as lines of COPY's text format for one of the tables here, in their order: those of one time
 * are told apart by it. They have the times that 0.1.4 knew: it has noted none but `created_at`. Readers look for what
 * was stored in the last seconds, and these are not news, however late they are dated.
 */
export function copyLogs(question: LogQuestion, audit: boolean): string {
  const time = (at: number): string => `'${new Date(at).toISOString()}'`;
  return `COPY (
    SELECT l.created_at, least(l.created_at, ${time(question.now)}),
           least(l.created_at, ${time(question.now - HOUR_MS)}), ${question.collector}, ${idOf(question.collector)},
           ${TYPE}, l.logs
      ${from(question, 'JOIN')} AND ${audit ? '' : 'NOT '}${auditOf(question.connections)}
       AND ${reasonOf(question)} IS NULL
     ORDER BY l.id) TO STDOUT`;
}

function from({ logs, connections, range }: LogQuestion, join: 'JOIN' | 'LEFT JOIN'): string {
  return `FROM ${logs.name} AS l ${join} ${connections.name} AS c ON c.id = l.peer_connection_id
     WHERE l.id BETWEEN ${range.first} AND ${range.last}`;
}

function reasonOf({ connections, cutoff, now }: LogQuestion): string {
  const latest = new Date(now + CLOCK_AHEAD_MS).toISOString();
  return `CASE WHEN c.id IS NULL THEN 'no_connection'
               WHEN jsonb_typeof(l.logs) IS DISTINCT FROM 'object' THEN 'not_an_object'
               WHEN NOT coalesce(l.created_at BETWEEN '${EARLIEST}' AND '${latest}', false) THEN 'out_of_range'
               WHEN l.created_at < '${new Date(cutoff).toISOString()}' AND NOT ${auditOf(connections)} THEN 'expired'
          END`;
}
