import type { ReadTransaction } from '../../storage/index.js';
import { type ReportBounds, reportRange } from './report-range.js';
import { ReportWindows, type TimeWindow } from './report-windows.js';
import { type ReportPlace, type ReportRow, reportsQuery } from './reports-query.js';

/** Reports of a window that are put in order at once, and those of them that are decompressed at once. */
const IN_ORDER = 1_000;
const DECOMPRESSED = 50;

/** The reports that say something of a peer, newest first: from one window of time after the other. */
export class PeerReports {
  /** The last one that was looked at. */
  private last: ReportPlace | undefined;
  /** How many of the window were looked at. */
  private looked = 0;

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
      if (this.looked === IN_ORDER && this.last !== undefined) {
        windows.passedUntil(Date.parse(this.last.created_at));
      } else {
        windows.passed();
      }
    }
  }

  private async *rowsOf(window: TimeWindow, limit: number): AsyncGenerator<string, void, undefined> {
    const { sql, parameters } = reportsQuery(this.peerId, this.bounds, window, this.last, IN_ORDER);
    const reports = await this.transaction.open<ReportRow>(sql, parameters);
    this.looked = 0;
    for (;;) {
      const report = await reports.peek(Math.min(limit, DECOMPRESSED));
      if (report === undefined) return;
      reports.take();
      this.looked += 1;
      this.last = report;
      if (report.row !== null) yield report.row;
    }
  }
}
