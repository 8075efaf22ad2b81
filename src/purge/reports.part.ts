import { listPartitions } from '../storage/index.js';
import type { Expired, PurgeContext, PurgePart, PurgeReport } from './purge-part.js';

/** Reports per DELETE: each has up to some thousand runs. */
const CHUNK_ROWS = 100;

const EXPIRED = 'NOT audit AND created_at >= $1::timestamptz AND created_at < $2::timestamptz';

const DELETE = `
  WITH reports AS (
    DELETE FROM insight_reports
     WHERE id IN (SELECT id FROM insight_reports WHERE ${EXPIRED} ORDER BY created_at, id LIMIT ${CHUNK_ROWS.toString()})
    RETURNING id),
  runs AS (DELETE FROM insight_reputation_runs WHERE report_id IN (SELECT id FROM reports) RETURNING report_id)
  SELECT (SELECT count(*) FROM reports)::int AS reports, (SELECT count(*) FROM runs)::int AS runs`;

const COUNT = `
  SELECT count(*)::float8 AS reports,
         coalesce(sum((SELECT count(*) FROM insight_reputation_runs WHERE report_id = id)), 0)::float8 AS runs
    FROM insight_reports WHERE ${EXPIRED}`;

/** Half-open, as times of PostgreSQL. */
type Range = readonly [from: string, to: string];

/** Reports of peers whose messages were removed with their partition, and their runs. */
export class ReportsPart implements PurgePart {
  readonly name = 'insight_reports';
  readonly after = ['logs_expiring'];

  async purge(context: PurgeContext, report: PurgeReport): Promise<void> {
    const { client, signal } = context;
    const counts = { reports: 0, runs: 0 };
    for (const range of await expiredRanges(context)) {
      for (let count = CHUNK_ROWS; count === CHUNK_ROWS && !signal.aborted;) {
        const { rows } = await client.query<typeof counts>(DELETE, [...range]);
        count = rows[0]?.reports ?? 0;
        counts.reports += count;
        counts.runs += rows[0]?.runs ?? 0;
      }
    }
    report.deleted('insight_reports', counts.reports);
    report.deleted('insight_reputation_runs', counts.runs);
  }

  async preview(context: PurgeContext): Promise<Expired> {
    const counts = { insight_reports: 0, insight_reputation_runs: 0 };
    for (const range of await expiredRanges(context)) {
      const { rows } = await context.client.query<{ reports: number; runs: number }>(COUNT, [...range]);
      counts.insight_reports += rows[0]?.reports ?? 0;
      counts.insight_reputation_runs += rows[0]?.runs ?? 0;
    }
    return { rows: counts };
  }
}

/** The expired times without a partition. One that is locked by readers is left, and its reports with it. */
async function expiredRanges({ client, messagesExpiredBefore, dryRun }: PurgeContext): Promise<Range[]> {
  const partitions = await listPartitions(client, 'logs_expiring');
  const ranges: Range[] = [];
  let at = -Infinity;
  for (const { from, to } of partitions) {
    if (dryRun && to <= messagesExpiredBefore) continue;
    if (from > at) ranges.push([timeText(at), timeText(Math.min(from, messagesExpiredBefore))]);
    at = to;
    if (at >= messagesExpiredBefore) return ranges;
  }
  return [...ranges, [timeText(at), timeText(messagesExpiredBefore)]];
}

function timeText(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : ms < 0 ? '-infinity' : 'infinity';
}
