import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InvalidParameterError } from '../platform/http/index.js';
import { Conditions, mayHave, NEWEST_MESSAGE, ReadTransaction, timeText, typeSql } from '../storage/index.js';
import { ANY_CONNECTED, LOWEST_REPUTATION, NODE_SETS, PEERSET, reportedValues } from './report-sql.js';
import { ReportWindows, type TimeWindow } from './report-windows.js';
import type { PeerReputationQuery } from './reputation.query.js';

/** Bounds on reports: an age in seconds, or exclusive times as texts of PostgreSQL. */
interface ReportBounds {
  maxAgeS: number | undefined;
  start: string | undefined;
  end: string | undefined;
}

const RANGE = `
  SELECT (extract(epoch FROM now()) * 1000)::float8 AS now,
         floor(extract(epoch FROM greatest(min(oldest_created_at), $1::timestamptz,
                                           now() - make_interval(secs => $2::float8))) * 1000)::float8 AS "from",
         ceil(extract(epoch FROM least(max(${NEWEST_MESSAGE}), $3::timestamptz)) * 1000)::float8 + 1 AS "to"
    FROM peer_connections WHERE peer_id IS NOT NULL HAVING count(*) > 0`;

/** The time range in which reports can be, rounded outwards; undefined if no node has connected. */
async function reportRange(
  transaction: ReadTransaction,
  { maxAgeS, start, end }: ReportBounds,
): Promise<(TimeWindow & { now: number }) | undefined> {
  const parameters = [start ?? null, maxAgeS ?? null, end ?? null];
  const [range] = await transaction.query<{ now: number; from: number; to: number }>(RANGE, parameters);
  return range;
}

/** The sort key of a report. */
interface ReportPosition {
  /** RFC 3339 with microseconds. */
  created_at: string;
  id: string;
}

/** A report, with the JSON of a PeerReputation if it contains the peer. */
interface ReportRow extends ReportPosition {
  row: string | null;
}

/**
 * The newest reports of a window, with or without the peer, by the index of rare types, which is sorted within a
 * connection. A report is decompressed when it is fetched.
 *
 * @param after the last report that was read of the window
 * @param count maximum number of reports
 */
function reportsQuery(
  peerId: string,
  bounds: ReportBounds,
  window: TimeWindow,
  after: ReportPosition | undefined,
  count: number,
): { sql: string; parameters: readonly unknown[] } {
  const conditions = new Conditions();
  const parameter = (value: unknown, type: string): string => `${conditions.parameter(value)}::${type}`;
  const time = (value: number): string => parameter(new Date(value).toISOString(), 'timestamptz');
  const [from, to] = [time(window.from), time(window.to)];
  conditions.add('peer_connection_id = connection.id AND collector = connection.collector');
  conditions.add(`type = ${typeSql('system.network_state')}`);
  conditions.add('created_at >= connection.lower AND created_at <= connection.upper');
  conditions.add(`created_at < ${to}`);
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
  const newest = `ORDER BY created_at DESC, id DESC LIMIT ${parameter(count, 'bigint')}`;
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
              FROM (${reportedValues(`(SELECT ${peer} AS key, nodes->${peer} AS entry
                                FROM (${NODE_SETS}) AS node_set) AS entry_of_set`)}) AS values_of_sets) AS reported`;
  return { sql, parameters: conditions.parameters };
}

/** Reports that one query sorts, and reports that one fetch decompresses. */
const SORTED = 1_000;
const DECOMPRESSED = 50;

/** The reports that contain a peer, newest first, read in one time window after the other. */
class PeerReports {
  /** The last report that was read. */
  private last: ReportPosition | undefined;
  /** Number of reports of the window that were read. */
  private readCount = 0;

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly peerId: string,
    private readonly bounds: ReportBounds,
    private readonly limit: number,
  ) {}

  /** The JSON of PeerReputations. */
  async *rows(): AsyncGenerator<string, void, undefined> {
    const range = await reportRange(this.transaction, this.bounds);
    if (range === undefined) return;
    const windows = new ReportWindows(range, range.now);
    let left = this.limit;
    for (let window = windows.current; window !== undefined; window = windows.current) {
      for await (const row of this.rowsOf(window, left)) {
        yield row;
        left -= 1;
        if (left === 0) return;
      }
      if (this.readCount === SORTED && this.last !== undefined) {
        windows.continueBefore(Date.parse(this.last.created_at));
      } else {
        windows.next();
      }
    }
  }

  private async *rowsOf(window: TimeWindow, limit: number): AsyncGenerator<string, void, undefined> {
    const { sql, parameters } = reportsQuery(this.peerId, this.bounds, window, this.last, SORTED);
    const reports = await this.transaction.open<ReportRow>(sql, parameters);
    this.readCount = 0;
    for (;;) {
      const report = await reports.peek(Math.min(limit, DECOMPRESSED));
      if (report === undefined) return;
      reports.take();
      this.readCount += 1;
      this.last = report;
      if (report.row !== null) yield report.row;
    }
  }
}

/** Reads what nodes reported of a peer. */
@Injectable()
export class PeerReputationReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @returns the JSON of PeerReputations, newest first
   * @throws InvalidParameterError if both kinds of bounds are given
   */
  list(
    peerId: string,
    { max_age_s, start_time, end_time, limit }: PeerReputationQuery,
  ): AsyncIterable<string> {
    if (max_age_s !== undefined && (start_time !== undefined || end_time !== undefined)) {
      throw new InvalidParameterError('max_age_s', 'cannot be combined with start_time or end_time');
    }
    const bounds = { maxAgeS: max_age_s, start: start_time, end: end_time };
    return ReadTransaction.read(this.dataSource, (transaction) =>
      new PeerReports(transaction, peerId, bounds, limit).rows(),
    );
  }
}
