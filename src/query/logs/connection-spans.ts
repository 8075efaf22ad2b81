import {
  chainKeySql,
  NEWEST_MESSAGE,
  typesOf,
  type ReadCursor,
  type ReadTransaction,
} from '../../storage/index.js';
import type { MessageQuestion } from './message-question.js';
import type { ConnectionSpan } from './segment.js';

/**
 * In the order of the time in which they may have messages. Times are rounded to milliseconds outwards:
 * `newest_created_at` is rounded down.
 */
const spans = (order: 'lower ASC, id ASC' | 'upper DESC, id DESC'): string => `
  SELECT id::float8 AS id, collector, audit, ip_addr, floor(extract(epoch FROM lower) * 1000)::float8 AS "from",
         ceil(extract(epoch FROM upper) * 1000)::float8 + 1 AS "to"
    FROM (SELECT id, collector, audit, ip_addr,
                 greatest(oldest_created_at, $2::timestamptz) AS lower,
                 least(${NEWEST_MESSAGE}, $3::timestamptz) AS upper
            FROM peer_connections
           WHERE peer_id = $1 AND ($4::smallint[] IS NULL OR types IS NULL OR types && $4::smallint[])
             AND ($5::text IS NULL OR ${chainKeySql()} = $5::text)) AS span
   WHERE lower <= upper
   ORDER BY ${order}`;

/** The connections of a peer that may have messages that are asked for: of that time, and of those types. */
export async function connectionSpans(
  transaction: ReadTransaction,
  { peerId, chain, filter, types, order, cursor }: MessageQuestion,
): Promise<ReadCursor<ConnectionSpan>> {
  const descending = order.sql === 'DESC';
  const sql = spans(descending ? 'upper DESC, id DESC' : 'lower ASC, id ASC');
  const starts = [filter.start_time, descending ? undefined : cursor?.createdAt];
  const ends = [filter.end_time, descending ? cursor?.createdAt : undefined];
  return await transaction.open(sql, [
    peerId,
    latest(starts),
    earliest(ends),
    filter.msg === undefined ? (types ?? null) : typesOf([filter.msg]).numbers,
    chain ?? null,
  ]);
}

function latest(times: readonly (string | undefined)[]): string | null {
  return pick(times, (one, other) => one > other);
}

function earliest(times: readonly (string | undefined)[]): string | null {
  return pick(times, (one, other) => one < other);
}

/** To the millisecond; where two are equal there, the bounds of the rows themselves tell them apart. */
function pick(
  times: readonly (string | undefined)[],
  isBetter: (one: number, other: number) => boolean,
): string | null {
  return times.reduce<string | null>(
    (best, time) =>
      time !== undefined && (best === null || isBetter(Date.parse(time), Date.parse(best))) ? time : best,
    null,
  );
}
