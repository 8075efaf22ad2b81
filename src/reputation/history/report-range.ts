import { NEWEST_MESSAGE, type ReadTransaction } from '../../storage/index.js';
import type { TimeWindow } from './report-windows.js';

/** Which reports are asked for: an age in seconds; times as texts of PostgreSQL, excluded. */
export interface ReportBounds {
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

/** The time in which reports may lie that are asked for, rounded outwards; undefined where nobody has connected. */
export async function reportRange(
  transaction: ReadTransaction,
  { maxAgeS, start, end }: ReportBounds,
): Promise<(TimeWindow & { now: number }) | undefined> {
  const parameters = [start ?? null, maxAgeS ?? null, end ?? null];
  const [range] = await transaction.query<{ now: number; from: number; to: number }>(RANGE, parameters);
  return range;
}
