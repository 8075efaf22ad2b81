import type { ClientBase } from 'pg';
import { microsecondsOf, MINUTE_MS, sqlInterval } from '../../storage/index.js';
import type { StoredRange } from '../messages/raw-messages.js';
import { timeSql } from './columns.js';

/** More messages may come soon, for instance while a journal is replayed: an hour waits until there are none. */
const QUIET_MS = MINUTE_MS;
/** But not for longer. */
const WAITS_MS = 10 * MINUTE_MS;

/** An hour whose results are not those of its messages any more. */
export interface DirtyHour {
  /** Microseconds since the epoch. */
  hour: number;
  /** When its late messages were stored. */
  lateStored: StoredRange;
  /** Exact, as text. */
  markedAt: string;
}

/**
 * Marks hours as dirty: their results must be computed again.
 *
 * @param hours microseconds since the epoch
 * @param stored when the late messages were stored that are the cause
 */
export async function markDirty(
  client: ClientBase,
  hours: ReadonlySet<number>,
  stored: StoredRange,
): Promise<void> {
  if (hours.size === 0) return;
  await client.query(
    `INSERT INTO insight_dirty_hours AS dirty (hour, first_marked_at, marked_at, stored_from, stored_until)
     SELECT ${timeSql('hour')}, now(), now(), $2::timestamptz, $3::timestamptz FROM unnest($1::float8[]) AS marked (hour)
     ON CONFLICT (hour) DO UPDATE SET
       first_marked_at = CASE WHEN dirty.rebuilt_at >= dirty.marked_at THEN excluded.marked_at ELSE dirty.first_marked_at END,
       marked_at = excluded.marked_at,
       stored_from = least(dirty.stored_from, excluded.stored_from),
       stored_until = greatest(dirty.stored_until, excluded.stored_until)`,
    [[...hours], ...stored],
  );
}

/** The latest dirty hour that is over, and in which no message was found lately. */
export async function nextDirtyHour(client: ClientBase): Promise<DirtyHour | undefined> {
  const { rows } = await client.query<{ hour: number; from: string; until: string; markedAt: string }>(
    `SELECT ${microsecondsOf('hour')} AS hour, marked_at::text AS "markedAt",
            coalesce(stored_from, 'infinity')::text AS "from", coalesce(stored_until, '-infinity')::text AS until
       FROM insight_dirty_hours
      WHERE (rebuilt_at IS NULL OR rebuilt_at < marked_at)
        AND hour + interval '1 hour' <= (SELECT closed_until FROM insight_state)
        AND (marked_at < now() - ${sqlInterval(QUIET_MS)} OR first_marked_at < now() - ${sqlInterval(WAITS_MS)})
      ORDER BY hour DESC LIMIT 1`,
  );
  return rows.map(({ hour, from, until, markedAt }) => ({
    hour,
    lateStored: [from, until] as const,
    markedAt,
  }))[0];
}

/**
 * Ends the mark of an hour, unless it was marked again since it was read. The row stays: if the hour is marked again, its
 * late messages of before must be found again.
 */
export async function markRebuilt(client: ClientBase, { hour, markedAt }: DirtyHour): Promise<void> {
  await client.query(
    `UPDATE insight_dirty_hours SET rebuilt_at = now() WHERE hour = ${timeSql('$1')} AND marked_at = $2::timestamptz`,
    [hour, markedAt],
  );
}

/** Ends the marks of the hours of a time range that were made up to a time: text. */
export async function markRangeRebuilt(
  client: ClientBase,
  from: number,
  to: number,
  markedUntil: string,
): Promise<void> {
  await client.query(
    `UPDATE insight_dirty_hours SET rebuilt_at = now()
      WHERE hour >= ${timeSql('$1')} AND hour < ${timeSql('$2')} AND marked_at <= $3::timestamptz`,
    [from, to, markedUntil],
  );
}
