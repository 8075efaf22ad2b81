import type { ReadCursor, ReadTransaction } from '../answer/read-transaction.js';
import type { ConnectionSpan } from './segment.js';

/** A message is dated a day ahead at most. */
const OPEN_END = "now() + interval '1 day'";
/**
 * How much later than the row says the messages of a process that died may be dated: a day ahead, and an hour
 * for what was heard after the row was last written.
 */
const LOST_MARGIN = "interval '25 hours'";

/**
 * The newest first, by the end of the time in which they may have messages. Times are rounded to milliseconds
 * outwards: `newest_created_at` is rounded down.
 */
const SPANS = `
  SELECT id, ip_addr, floor(extract(epoch FROM lower) * 1000)::float8 AS "from",
         ceil(extract(epoch FROM upper) * 1000)::float8 + 1 AS "to"
    FROM (SELECT id, ip_addr,
                 greatest(oldest_created_at, $2::timestamptz) AS lower,
                 least(CASE WHEN ended_at IS NULL THEN greatest(newest_created_at, ${OPEN_END})
                            WHEN end_reason = 'collector_lost'
                              THEN greatest(newest_created_at, ended_at) + ${LOST_MARGIN}
                            ELSE newest_created_at END + interval '1 ms', $3::timestamptz) AS upper
            FROM peer_connections WHERE peer_id = $1) AS span
   WHERE lower <= upper
   ORDER BY upper DESC, id DESC`;

/**
 * The connections of a peer that may have messages between two times, both optional.
 *
 * @param start as a text of PostgreSQL
 */
export async function connectionSpans(
  transaction: ReadTransaction,
  peerId: string,
  start: string | undefined,
  end: string | undefined,
): Promise<ReadCursor<ConnectionSpan>> {
  return await transaction.open(SPANS, [peerId, start ?? null, end ?? null]);
}
