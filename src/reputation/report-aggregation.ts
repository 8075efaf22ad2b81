import type { ClientBase } from 'pg';
import {
  HOUR_MS,
  mayHave,
  NEW_MESSAGE_AHEAD_MS,
  NEW_MESSAGE_BEHIND_MS,
  NEWEST_MESSAGE,
  OLDEST_MESSAGE,
  timeOf,
  typeSql,
} from '../storage/index.js';
import { hourOf, type ReportKey, writeRuns } from './report-runs.js';

const REPORT_COLUMNS = 'id, created_at, peer_connection_id, collector, audit';

/**
 * New reports by the BRIN index. Unlike other readers it has no bound on `created_at`: a journal may have been left
 * alone for longer than the clocks of nodes can be off. `type + 0` prevents the use of the index of rare types.
 */
const REGISTER_STORED = `
  INSERT INTO insight_reports (${REPORT_COLUMNS}, in_runs)
  SELECT ${REPORT_COLUMNS}, false FROM tetcore_logs
   WHERE stored_at > $1::timestamptz AND stored_at <= $2::timestamptz AND type + 0 = ${typeSql('system.network_state')}
  ON CONFLICT (id) DO NOTHING`;

const NEWEST_OTHERS = `
  SELECT id::text, ${hourOf('created_at')} AS hour FROM insight_reports
   WHERE NOT in_runs ORDER BY created_at DESC, id DESC LIMIT $1`;

/** More are not written in one pass, whatever time it has left. */
const MAX_REPORTS = 5_000;
/** Time for the reports of one pass: the rest of it comes first. */
const MAX_PASS_MS = 2_000;

/**
 * Aggregates the reports that were stored in a time range: a part of the pass that moves the watermark. All of them are
 * registered; if they are too many, some are added to runs by later passes, and are read in the messages until then.
 *
 * @param client in the transaction of the pass
 * @param after exclusive, as text, like `until`
 * @returns the number of new reports
 */
export async function aggregateReports(
  client: ClientBase,
  { after, until, maxMs = MAX_PASS_MS }: { after: string; until: string; maxMs?: number },
): Promise<number> {
  const { rowCount } = await client.query(REGISTER_STORED, [after, until]);
  const { rows } = await client.query<ReportKey>(NEWEST_OTHERS, [MAX_REPORTS]);
  const end = performance.now() + maxMs;
  await writeRuns(client, rows.reverse(), () => performance.now() > end);
  return rowCount ?? 0;
}

/** The reports of an hour that arrived in a time range, by the index of rare types. */
const REGISTER_RECEIVED = `
  WITH received AS MATERIALIZED (
    SELECT report.*
      FROM (SELECT id, collector FROM peer_connections
             WHERE ${mayHave('system.network_state')} AND ${OLDEST_MESSAGE} < $2::timestamptz
               AND ${NEWEST_MESSAGE} >= $1::timestamptz) AS connection
     CROSS JOIN LATERAL
           (SELECT ${REPORT_COLUMNS} FROM tetcore_logs
             WHERE peer_connection_id = connection.id AND collector = connection.collector
               AND type = ${typeSql('system.network_state')}
               AND created_at >= $1::timestamptz AND created_at < $2::timestamptz
               AND received_at >= $3::timestamptz AND received_at < $4::timestamptz) AS report),
  registered AS (
    INSERT INTO insight_reports (${REPORT_COLUMNS}, in_runs) SELECT ${REPORT_COLUMNS}, false FROM received
    ON CONFLICT (id) DO NOTHING)
  SELECT id::text, ${hourOf('created_at')} AS hour FROM received ORDER BY created_at, id`;

/** Reports per transaction: a pass of a server waits meanwhile. */
const AT_ONCE = 128;

const HOUR_US = HOUR_MS * 1000;
/**
 * Reports that arrived for so long after a rebuilt range are registered with it: the hour in which servers begin to
 * aggregate cannot be rebuilt until it is over, and their clocks may differ.
 */
const MARGIN_US = 2 * HOUR_US;

/**
 * Aggregates the reports again that arrived in a time range: microseconds since the epoch. It can be stopped after each
 * step and repeated.
 *
 * @param client without an open transaction
 * @yields after each step: reports before are done, within the range
 * @throws errors of the database
 */
export async function* rebuildReports(
  client: ClientBase,
  { from, to }: { from: number; to: number },
): AsyncGenerator<number, void, undefined> {
  const end = to + MARGIN_US;
  const first = Math.floor((from - NEW_MESSAGE_BEHIND_MS * 1000) / HOUR_US) * HOUR_US;
  for (let hour = first; hour < end + NEW_MESSAGE_AHEAD_MS * 1000; hour += HOUR_US) {
    const within = Math.min(Math.max(hour, from), to);
    const { rows } = await client.query<ReportKey>(
      REGISTER_RECEIVED,
      [hour, hour + HOUR_US, from, end].map(timeOf),
    );
    yield within;
    for (let start = 0; start < rows.length; start += AT_ONCE) {
      await client.query('BEGIN');
      await writeRuns(client, rows.slice(start, start + AT_ONCE));
      await client.query('COMMIT');
      yield within;
    }
  }
  // The passes have registered all that arrived later.
  await client.query(
    `UPDATE insight_state SET reports_from = $1
      WHERE reports_from > $1::timestamptz AND reports_from <= $2::timestamptz`,
    [timeOf(from), timeOf(end - HOUR_US / 2)],
  );
}

/**
 * To be called before and after messages are imported: they were stored long ago by what the import knows, so that no
 * pass reads them. Until a rebuild, readers look for reports among the messages.
 */
export async function reportsImported(client: ClientBase): Promise<void> {
  await client.query('UPDATE insight_state SET reports_from = now()');
}
