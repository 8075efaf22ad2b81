import type { ClientBase } from 'pg';
import { AdvisoryLock, typeSql } from '../storage/index.js';
import { PEERSET, reportedPeers } from './report-sql.js';

/*
 * Runs of equal reports: rows of `insight_reputation_runs`, each of a peer in the reports of one connection. A run begins
 * at a report that differs from the one before, and lasts until the next run of the same peer, connection and hour. The
 * first report of an hour begins a run of each of its peers. So a run needs no reports of other hours, and is written
 * once: only a report that is stored late changes runs, those of the report after it.
 */

/** The hour of a time: hours since the epoch. Partitions of messages, which expire as a whole, begin with an hour. */
export const hourOf = (time: string): string => `floor(extract(epoch FROM ${time}) / 3600)::integer`;
export const startOfHour = (hour: string): string => `to_timestamp(${hour} * 3600::float8)`;

/** A peer id in the column `peer`: short, whatever a node sends as a peer id. */
export const peerKey = (peerId: string): string => `substr(sha256(convert_to(${peerId}, 'UTF8')), 1, 16)`;

/** The message of a row of `insight_reports`: a condition on `tetcore_logs`, by the index of rare types. */
export const messageOf = (report: string): string => `
  tetcore_logs.peer_connection_id = ${report}.peer_connection_id AND tetcore_logs.collector = ${report}.collector
    AND tetcore_logs.type = ${typeSql('system.network_state')} AND tetcore_logs.created_at = ${report}.created_at
    AND tetcore_logs.id = ${report}.id`;

/** The bounds of `$1` and the hours around, so that the planner skips other partitions. */
const IN_HOURS = 'tetcore_logs.created_at >= $2::timestamptz AND tetcore_logs.created_at < $3::timestamptz';

/** A report whose message has been removed since is removed. */
const ADD_REPORTS = `
  WITH added AS (
    UPDATE insight_reports AS report SET in_runs = true
     WHERE id = ANY ($1::bigint[]) AND EXISTS (SELECT FROM tetcore_logs WHERE ${messageOf('report')} AND ${IN_HOURS})
    RETURNING id)
  DELETE FROM insight_reports WHERE id = ANY ($1::bigint[]) AND id NOT IN (SELECT id FROM added)`;

const peersOf = (report: string): string => `
  SELECT peers.*
    FROM (SELECT ${PEERSET} AS peerset FROM tetcore_logs WHERE ${messageOf(report)} AND ${IN_HOURS} OFFSET 0) AS message
   CROSS JOIN LATERAL (${reportedPeers}) AS peers`;

/** The runs that begin at reports, and at the next report after each of them: what differs from the report before. */
const WRITE_RUNS = `
  WITH affected AS MATERIALIZED (
    SELECT DISTINCT report.id, report.created_at, report.peer_connection_id, report.collector, changed.hour
      FROM (SELECT *, ${hourOf('created_at')} AS hour FROM insight_reports WHERE id = ANY ($1::bigint[])) AS changed
     CROSS JOIN LATERAL
           (SELECT id, created_at, peer_connection_id, collector FROM insight_reports
             WHERE peer_connection_id = changed.peer_connection_id AND in_runs
               AND (created_at, id) >= (changed.created_at, changed.id)
               AND created_at < ${startOfHour('(changed.hour + 1)')}
             ORDER BY created_at, id LIMIT 2) AS report),
  removed AS (
    DELETE FROM insight_reputation_runs
     -- An array, so that the index is used.
     WHERE report_id = ANY ($1::bigint[] || ARRAY(SELECT id FROM affected)))
  INSERT INTO insight_reputation_runs (report_id, hour, connected, peer, reputation)
  SELECT affected.id, affected.hour, change.connected, ${peerKey('change.key')}, change.reputation
    FROM affected
    LEFT JOIN LATERAL
         (SELECT id, created_at, peer_connection_id, collector FROM insight_reports
           WHERE peer_connection_id = affected.peer_connection_id AND in_runs
             AND (created_at, id) < (affected.created_at, affected.id)
             AND created_at >= ${startOfHour('affected.hour')}
           ORDER BY created_at DESC, id DESC LIMIT 1) AS previous ON true
   CROSS JOIN LATERAL
         (SELECT coalesce(own.key, earlier.key) AS key, own.reputation, own.connected
            FROM (${peersOf('affected')}) AS own
            FULL JOIN (${peersOf('previous')}) AS earlier ON earlier.key = own.key
           WHERE (own.reputation, own.connected) IS DISTINCT FROM (earlier.reputation, earlier.connected)) AS change`;

/** Reports per statement: each has a megabyte of peers in memory. */
const AT_ONCE = 16;

/** A row of `insight_reports`. */
export interface ReportKey {
  id: string;
  /** Hours since the epoch. */
  hour: number;
}

/**
 * Writes the runs of reports, again if they were written before. Until the end of the transaction no other process
 * writes runs.
 *
 * @param client in a transaction (read committed)
 * @param reports those of one time lie together
 * @param isEnough is asked from time to time whether to leave the rest
 */
export async function writeRuns(
  client: ClientBase,
  reports: readonly ReportKey[],
  isEnough: () => boolean = () => false,
): Promise<void> {
  if (reports.length === 0) return;
  await client.query('SELECT pg_advisory_xact_lock($1)', [AdvisoryLock.Reports]);
  for (let start = 0; start < reports.length && !isEnough(); start += AT_ONCE) {
    const some = reports.slice(start, start + AT_ONCE);
    const hours = some.map(({ hour }) => hour);
    const parameters = [
      some.map(({ id }) => id),
      timeOfHour(Math.min(...hours)),
      timeOfHour(Math.max(...hours) + 1),
    ];
    await client.query(ADD_REPORTS, parameters);
    await client.query(WRITE_RUNS, parameters);
  }
}

function timeOfHour(hour: number): string {
  return new Date(hour * 3_600_000).toISOString();
}
