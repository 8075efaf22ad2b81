import type { EndReason } from './end-reason.js';
import { CLOCK_AHEAD_MS, LOST_CONNECTION_MS, sqlInterval } from './time-bounds.js';

const LOST: EndReason = 'collector_lost';

/*
 * The times between which a connection may have messages, by its row in `peer_connections`. The row lags behind while
 * the connection is open, and if its server process died.
 */

/** The earliest `created_at`. */
export const OLDEST_MESSAGE = 'oldest_created_at';

/** The latest `created_at`. The row has milliseconds, rounded down, but messages have microseconds. */
export const NEWEST_MESSAGE = `
  CASE WHEN ended_at IS NULL THEN greatest(newest_created_at, now() + ${sqlInterval(CLOCK_AHEAD_MS)})
       WHEN end_reason = '${LOST}' THEN greatest(newest_created_at, ended_at) + ${sqlInterval(LOST_CONNECTION_MS)}
       ELSE newest_created_at END + interval '1 ms'`;

/**
 * Whether an ended connection and all of its messages are older than a time. Without arithmetic on columns, which Citus
 * does not support in a DELETE.
 *
 * @param cutoff an SQL expression
 * @param lostCutoff the same for connections of dead processes: {@link LOST_CONNECTION_MS} before `cutoff`
 */
export const endedBefore = (cutoff: string, lostCutoff: string): string => `
  ended_at IS NOT NULL AND greatest(ended_at, newest_created_at, last_message_at)
    < CASE end_reason WHEN '${LOST}' THEN ${lostCutoff} ELSE ${cutoff} END`;

/**
 * Whether a connection may have messages in a time range, by the clock of its node or of the server. `ended_at` is
 * compared separately, so that its index is used.
 */
export const aliveBetween = (from: string, to: string): string =>
  `${OLDEST_MESSAGE} <= ${to}
     AND (ended_at IS NULL
          OR ended_at >= ${from} - ${sqlInterval(LOST_CONNECTION_MS)}
             AND greatest(newest_created_at, ended_at) >= ${from})`;
