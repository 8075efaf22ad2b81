import { Conditions, mayHave, NEWEST_MESSAGE, timeText, typeSql } from '../../storage/index.js';
import { ANY_CONNECTED, LOWEST_REPUTATION, NODE_SETS, PEERSET, saidOf } from '../report/peerset.js';
import type { ReportBounds } from './report-range.js';
import type { TimeWindow } from './report-windows.js';

/** A place in the order of reports. */
export interface ReportPlace {
  /** RFC 3339 with microseconds. */
  created_at: string;
  id: string;
}

/** A report, and the JSON of a PeerReputation where it says something of the peer. */
export interface ReportRow extends ReportPlace {
  row: string | null;
}

/**
 * The newest reports of a window, whether they say something of the peer or not. The index of rare types has
 * those of a connection in order. Nothing is decompressed before it is fetched.
 *
 * @param after what has been read of the window before
 * @param count at most so many
 */
export function reportsQuery(
  peerId: string,
  bounds: ReportBounds,
  window: TimeWindow,
  after: ReportPlace | undefined,
  count: number,
): { sql: string; parameters: readonly unknown[] } {
  const conditions = new Conditions();
  const place = (value: unknown, type: string): string => `${conditions.parameter(value)}::${type}`;
  const time = (value: number): string => place(new Date(value).toISOString(), 'timestamptz');
  const [from, to] = [time(window.from), time(window.to)];
  conditions.add('peer_connection_id = connection.id AND collector = connection.collector');
  conditions.add(`type = ${typeSql('system.network_state')}`);
  conditions.add('created_at >= connection.lower AND created_at <= connection.upper');
  conditions.add(`created_at < ${to}`);
  const { maxAgeS, start, end } = bounds;
  if (maxAgeS !== undefined) {
    conditions.add(`created_at >= now() - make_interval(secs => ${place(maxAgeS, 'float8')})`);
  }
  if (start !== undefined) conditions.add(`created_at > ${place(start, 'timestamptz')}`);
  if (end !== undefined) conditions.add(`created_at < ${place(end, 'timestamptz')}`);
  if (after !== undefined) {
    conditions.add(
      `(created_at, id) < (${place(after.created_at, 'timestamptz')}, ${place(after.id, 'bigint')})`,
    );
  }
  const peer = place(peerId, 'text');
  const newest = `ORDER BY created_at DESC, id DESC LIMIT ${place(count, 'bigint')}`;
  const sql = `
    SELECT created_at, id::text AS id,
           '{"reporting_peer":' || to_json(peer_id) || ',"reputation":' || reputation
             || ',"connected":' || connected::text || ',"ts":"' || created_at || '"}' AS row
      FROM (SELECT peer_id, id, ${timeText('created_at')} AS created_at, ${PEERSET} AS peerset
              FROM (SELECT connection.peer_id, report.created_at, report.id, report.logs
                      FROM (SELECT id, collector, peer_id, greatest(oldest_created_at, ${from}) AS lower,
                                   least(${NEWEST_MESSAGE}, ${to}) AS upper
                              FROM peer_connections
                             WHERE peer_id IS NOT NULL AND ${mayHave('system.network_state')}) AS connection
                     CROSS JOIN LATERAL
                           (SELECT created_at, id, logs FROM tetcore_logs WHERE ${conditions.sql} ${newest}) AS report
                     WHERE lower <= upper ${newest}) AS newest
            OFFSET 0) AS report
     CROSS JOIN LATERAL
           (SELECT ${LOWEST_REPUTATION} AS reputation, ${ANY_CONNECTED} AS connected
              FROM (${saidOf(`(SELECT ${peer} AS key, nodes->${peer} AS entry
                                FROM (${NODE_SETS}) AS node_set) AS entry_of_set`)}) AS said_in_sets) AS said`;
  return { sql, parameters: conditions.parameters };
}
