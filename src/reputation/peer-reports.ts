import {
  Conditions,
  type CursorQuery,
  HOUR_MS,
  mayHave,
  NEWEST_MESSAGE,
  READ_AGAIN_MS,
  sqlInterval,
  timeText,
  typeSql,
} from '../storage/index.js';
import { messageOf, peerKey, startOfHour } from './report-runs.js';
import { ANY_CONNECTED, LOWEST_REPUTATION, NODE_SETS, PEERSET, reportedValues } from './report-sql.js';
import type { TimeWindow } from './report-windows.js';

/** Bounds on reports: an age in seconds, or exclusive times as texts of PostgreSQL. */
export interface ReportBounds {
  maxAgeS: number | undefined;
  start: string | undefined;
  end: string | undefined;
}

/** The sort key of a report. */
export interface ReportPosition {
  /** RFC 3339 with microseconds. */
  created_at: string;
  id: string;
}

/** A report, with the JSON of a PeerReputation if it contains the peer. */
export interface ReportRow extends ReportPosition {
  row: string | null;
}

export interface ReportsQuery {
  peerId: string;
  bounds: ReportBounds;
  window: TimeWindow;
  /** All others of the window are registered; undefined if that is not known. */
  newReports: NewReports | undefined;
  /** The last report that was read of the window. */
  after: ReportPosition | undefined;
  /** Maximum number of reports. */
  count: number;
}

/** The hours of a window, both included: hours since the epoch. */
export function hoursOf({ from, to }: TimeWindow): [first: number, last: number] {
  return [Math.floor(from / HOUR_MS), Math.floor((to - 1) / HOUR_MS)];
}

const IN_RUNS =
  'coalesce((SELECT in_runs FROM insight_reports AS known WHERE known.id = tetcore_logs.id), false)';

/**
 * The newest reports of a window: those that are aggregated and contain the peer, and all others, which are decompressed
 * when they are fetched.
 */
export function reportsQuery({
  peerId,
  bounds,
  window,
  newReports,
  after,
  count,
}: ReportsQuery): CursorQuery {
  const conditions = new Conditions();
  const parameter = (value: unknown, type: string): string => `${conditions.parameter(value)}::${type}`;
  const [from, to] = [window.from, window.to].map((time) =>
    parameter(new Date(time).toISOString(), 'timestamptz'),
  );
  conditions.add(`created_at >= ${from ?? ''} AND created_at < ${to ?? ''}`);
  const { maxAgeS, start, end } = bounds;
  if (maxAgeS !== undefined) {
    conditions.add(`created_at >= now() - make_interval(secs => ${parameter(maxAgeS, 'float8')})`);
  }
  if (start !== undefined) conditions.add(`created_at > ${parameter(start, 'timestamptz')}`);
  if (end !== undefined) conditions.add(`created_at < ${parameter(end, 'timestamptz')}`);
  if (after !== undefined) {
    conditions.add(
      `(created_at, id) < (${parameter(after.created_at, 'timestamptz')}, ${parameter(after.id, 'bigint')})`,
    );
  }
  const peer = parameter(peerId, 'text');
  const hours = hoursOf(window)
    .map((hour) => parameter(hour, 'integer'))
    .join(' AND ');
  const newest = `ORDER BY created_at DESC, id DESC LIMIT ${parameter(count, 'bigint')}`;
  const others =
    newReports === undefined
      ? otherReports(conditions.sql, newest)
      : laterReports(conditions.sql, newReports, parameter);
  const text = `
    WITH connection AS MATERIALIZED (
      SELECT id, collector, peer_id, greatest(oldest_created_at, ${from ?? ''}) AS lower,
             least(${NEWEST_MESSAGE}, ${to ?? ''}) AS upper
        FROM peer_connections WHERE peer_id IS NOT NULL AND ${mayHave('system.network_state')})
    SELECT created_at, id::text AS id,
           '{"reporting_peer":' || to_json(peer_id) || ',"reputation":' || coalesce(known_reputation, reported.reputation)
             || ',"connected":' || coalesce(known_connected, reported.connected)::text
             || ',"ts":"' || created_at || '"}' AS row
      FROM (SELECT peer_id, id, ${timeText('created_at')} AS created_at, known_reputation, known_connected,
                   ${PEERSET} AS peerset
              FROM (SELECT connection.peer_id, report.created_at, report.id, run.reputation AS known_reputation,
                           run.connected AS known_connected, NULL::jsonb AS logs
                      FROM ${aggregatedReports(peer, hours, conditions.sql)}
                    UNION ALL ${others} ${newest}) AS newest
            OFFSET 0) AS report
     CROSS JOIN LATERAL
           (SELECT ${LOWEST_REPUTATION} AS reputation, ${ANY_CONNECTED} AS connected
              FROM (${reportedValues(`(SELECT ${peer} AS key, nodes->${peer} AS entry
                                FROM (${NODE_SETS}) AS node_set) AS entry_of_set`)}) AS values_of_sets) AS reported`;
  return { text, values: conditions.parameters };
}

/** The reports of each run of the peer, by the indexes of runs and of the reports of a connection. */
const aggregatedReports = (peer: string, hours: string, conditions: string): string => `
    (SELECT report.peer_connection_id, report.collector, report.created_at, report.id, run.hour, run.reputation,
            run.connected, lead(report.created_at) OVER next AS next_at, lead(report.id) OVER next AS next_id
       FROM insight_reputation_runs AS run JOIN insight_reports AS report ON report.id = run.report_id
      WHERE run.peer = ${peerKey(peer)} AND run.hour BETWEEN ${hours}
     WINDOW next AS (PARTITION BY report.peer_connection_id, run.hour ORDER BY report.created_at, report.id)) AS run
    JOIN connection ON connection.id = run.peer_connection_id AND connection.collector = run.collector
   CROSS JOIN LATERAL
         (SELECT created_at, id FROM insight_reports
           WHERE peer_connection_id = run.peer_connection_id AND in_runs
             AND (created_at, id) >= (run.created_at, run.id)
             AND (created_at, id)
                 < (coalesce(run.next_at, ${startOfHour('(run.hour + 1)')}), coalesce(run.next_id, 0))
             AND created_at >= connection.lower AND created_at <= connection.upper AND ${conditions}
          -- One search of the index for each run: a join by connection would compare all its runs and reports.
          OFFSET 0) AS report
   WHERE run.reputation IS NOT NULL`;

const UNKNOWN = 'NULL::numeric, NULL::boolean';

/** The reports that are in no runs, by the index of rare types, which is sorted within a connection. */
const otherReports = (conditions: string, newest: string): string => `
  SELECT connection.peer_id, report.created_at, report.id, ${UNKNOWN}, report.logs
    FROM connection
   CROSS JOIN LATERAL
         (SELECT created_at, id, logs FROM tetcore_logs
           WHERE peer_connection_id = connection.id AND collector = connection.collector
             AND type = ${typeSql('system.network_state')}
             AND created_at >= connection.lower AND created_at <= connection.upper AND ${conditions}
             AND NOT ${IN_RUNS} ${newest}) AS report
   WHERE lower <= upper`;

/** New reports that are in no runs: few, if the aggregation runs. Their fields are lists in step. */
export interface NewReports {
  ids: string[];
  connections: string[];
  collectors: number[];
  /** RFC 3339 with microseconds. */
  times: string[];
}

/**
 * The reports that were stored later than all that are registered, of any time, by the BRIN index. `type + 0` prevents
 * the use of other indexes. `$1` is `stored_until`. The planner must not scan a partition whose statistics are missing or
 * old: the statement before turned that off, and this one turns it on again.
 */
export const NEW_REPORTS = `
  SELECT set_config('enable_seqscan', 'on', true), coalesce(array_agg(id::text), '{}') AS ids,
         coalesce(array_agg(peer_connection_id::text), '{}') AS connections,
         coalesce(array_agg(collector), '{}') AS collectors,
         coalesce(array_agg(${timeText('created_at')}), '{}') AS times
    FROM tetcore_logs
   WHERE stored_at > $1::timestamptz - ${sqlInterval(READ_AGAIN_MS)}
     AND type + 0 = ${typeSql('system.network_state')} AND NOT ${IN_RUNS}`;

/**
 * The reports that are in no runs, where all others are registered: new ones, and those that are only registered.
 *
 * @param parameter adds one, and returns its placeholder with the type
 */
function laterReports(
  conditions: string,
  { ids, connections, collectors, times }: NewReports,
  parameter: (value: unknown, type: string) => string,
): string {
  const newIds = parameter(ids, 'bigint[]');
  const lists = [newIds, parameter(connections, 'bigint[]'), parameter(collectors, 'integer[]')];
  const columns = 'id, peer_connection_id, collector, created_at';
  return `
  SELECT connection.peer_id, report.created_at, report.id, ${UNKNOWN}, message.logs
    FROM (SELECT ${columns} FROM unnest(${lists.join(', ')}, ${parameter(times, 'timestamptz[]')}) AS new (${columns})
           WHERE ${conditions}
          UNION ALL
          SELECT ${columns} FROM insight_reports
           WHERE NOT in_runs AND ${conditions} AND NOT id = ANY (${newIds})) AS report
    JOIN connection ON connection.id = report.peer_connection_id AND connection.collector = report.collector
     AND report.created_at >= lower AND report.created_at <= upper
   CROSS JOIN LATERAL
         (SELECT logs FROM tetcore_logs WHERE ${messageOf('report')} AND ${conditions}) AS message`;
}
