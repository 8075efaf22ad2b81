import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../platform/async/index.js';
import { InvalidParameterError } from '../platform/http/index.js';
import { CLOCK_AHEAD_MS, HOUR_MS, NEWEST_MESSAGE, ReadTransaction, sqlInterval } from '../storage/index.js';
import {
  hoursOf,
  NEW_REPORTS,
  type NewReports,
  type ReportBounds,
  type ReportPosition,
  type ReportRow,
  reportsQuery,
} from './peer-reports.js';
import { peerKey } from './report-runs.js';
import { ReportWindows, type TimeWindow } from './report-windows.js';
import type { PeerReputationQuery } from './reputation.query.js';

/** If no pass of the aggregation was made for so long, there are too many new reports to look for by `stored_at`. */
const FRESH_MS = 60_000;
/** The time of a report by the clock of its node may be later than its arrival by as much. */
const AHEAD_MS = CLOCK_AHEAD_MS + HOUR_MS;

const RANGE = `
  SELECT (extract(epoch FROM now()) * 1000)::float8 AS now,
         floor(extract(epoch FROM greatest(min(oldest_created_at), $1::timestamptz,
                                           now() - make_interval(secs => $2::float8))) * 1000)::float8 AS "from",
         ceil(extract(epoch FROM least(max(${NEWEST_MESSAGE}), $3::timestamptz)) * 1000)::float8 + 1 AS "to"
    FROM peer_connections WHERE peer_id IS NOT NULL HAVING count(*) > 0`;

/** Also prepares the transaction for {@link NEW_REPORTS}. */
const REGISTERED = `
  SELECT set_config('enable_seqscan', 'off', true), stored_until::text AS "registeredUntil",
         ceil(extract(epoch FROM reports_from + ${sqlInterval(AHEAD_MS)}) * 1000)::float8 AS "registeredFrom"
    FROM insight_state WHERE stored_until > now() - ${sqlInterval(FRESH_MS)}`;

/** Which reports are in `insight_reports`. */
interface Registered {
  /** Those that were stored before this time: exact, as text. */
  registeredUntil: string;
  /** And have at least this time: milliseconds since the epoch. */
  registeredFrom: number;
}

/** The time range in which reports can be, rounded outwards: milliseconds since the epoch. */
interface ReportRange extends TimeWindow, Partial<Registered> {
  now: number;
}

/** Undefined if no node has connected. */
async function reportRange(
  transaction: ReadTransaction,
  { maxAgeS, start, end }: ReportBounds,
): Promise<ReportRange | undefined> {
  const parameters = [start ?? null, maxAgeS ?? null, end ?? null];
  const [range] = await transaction.query<ReportRange>(RANGE, parameters);
  const [registered] = await transaction.query<Registered>(REGISTERED);
  return range && { ...range, ...registered };
}

/** Runs of a peer that one query reads, and more of the same hour. */
const MAX_RUNS = 500;

const OLDEST_OF_MANY = `
  SELECT hour FROM insight_reputation_runs WHERE peer = ${peerKey('$1::text')} AND hour BETWEEN $2 AND $3
   ORDER BY hour DESC OFFSET ${MAX_RUNS.toString()} LIMIT 1`;

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
  async *rows(): AsyncGenerator<readonly string[], void, undefined> {
    const range = await reportRange(this.transaction, this.bounds);
    if (range === undefined) return;
    const { now, registeredUntil, registeredFrom = Infinity } = range;
    const windows = new ReportWindows(range, now, registeredFrom);
    const newReports = registeredUntil === undefined ? undefined : await this.newReports(registeredUntil);
    let left = this.limit;
    while (windows.current !== undefined) {
      const window = await this.withFewRuns(windows, windows.current);
      const isRegistered = window.from >= registeredFrom;
      for await (const rows of this.rowsOf(window, isRegistered ? newReports : undefined, left)) {
        yield rows;
        left -= rows.length;
      }
      if (left === 0) return;
      if (this.readCount === SORTED && this.last !== undefined) {
        windows.continueBefore(Date.parse(this.last.created_at));
      } else {
        windows.next();
      }
    }
  }

  /** Shortens a window in which the peer has many runs, of which each may stand for as many reports as fit in an hour. */
  private async withFewRuns(windows: ReportWindows, window: TimeWindow): Promise<TimeWindow> {
    if (window.to - window.from <= HOUR_MS) return window;
    const [run] = await this.transaction.query<{ hour: number }>(OLDEST_OF_MANY, [
      this.peerId,
      ...hoursOf(window),
    ]);
    return run === undefined ? window : windows.beginAt(run.hour * HOUR_MS);
  }

  private async newReports(registeredUntil: string): Promise<NewReports | undefined> {
    return (await this.transaction.query<NewReports>(NEW_REPORTS, [registeredUntil]))[0];
  }

  /** @param newReports undefined if others of the window may not be registered */
  private async *rowsOf(
    window: TimeWindow,
    newReports: NewReports | undefined,
    limit: number,
  ): AsyncGenerator<readonly string[], void, undefined> {
    const { peerId, bounds, last: after } = this;
    const query = reportsQuery({ peerId, bounds, window, newReports, after, count: SORTED });
    const reports = this.transaction.open<ReportRow>(query);
    this.readCount = 0;
    for (let left = limit; left > 0;) {
      const found = await reports.fetch(Math.min(left, DECOMPRESSED));
      this.readCount += found.length;
      this.last = found.at(-1) ?? this.last;
      const rows = found.flatMap(({ row }) => row ?? []);
      left -= rows.length;
      if (rows.length > 0) yield rows;
      if (found.length === 0 || reports.atEnd) return;
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
  list(peerId: string, { max_age_s, start_time, end_time, limit }: PeerReputationQuery): RowPieces {
    if (max_age_s !== undefined && (start_time !== undefined || end_time !== undefined)) {
      throw new InvalidParameterError('max_age_s', 'cannot be combined with start_time or end_time');
    }
    const bounds = { maxAgeS: max_age_s, start: start_time, end: end_time };
    return ReadTransaction.read(this.dataSource, (transaction) =>
      new PeerReports(transaction, peerId, bounds, limit).rows(),
    );
  }
}
