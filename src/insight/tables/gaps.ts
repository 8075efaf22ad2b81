import type { ClientBase } from 'pg';
import { microsecondsOf, NEW_MESSAGE_BEHIND_MS, sqlInterval } from '../../storage/index.js';
import { GRACE_US, type ObserverGap } from '../aggregate/index.js';
import { timeSql } from './columns.js';

/** Reads the gaps that overlap a time range with their grace: microseconds since the epoch. */
export async function observerGaps(client: ClientBase, from: number, to: number): Promise<ObserverGap[]> {
  const { rows } = await client.query<{ collector: number; from: number; to: number | null }>(
    `SELECT collector, ${microsecondsOf('began_at')} AS "from", ${microsecondsOf('ended_at')} AS "to"
       FROM observer_gaps
      WHERE began_at < ${timeSql('$2')} AND (ended_at IS NULL OR ended_at > ${timeSql('$1')})`,
    [from - GRACE_US, to],
  );
  return rows.map((row) => ({ ...row, to: row.to ?? Infinity }));
}

/** Gaps that were recorded, corrected or removed since they were last read, with what was known of them before. */
const CHANGED = `
  SELECT coalesce(gap.id, known.id) AS id, gap.id IS NULL AS removed,
         ${microsecondsOf('gap.began_at')} AS began, ${microsecondsOf('gap.ended_at')} AS ended,
         ${microsecondsOf('known.began_at')} AS "knownBegan", ${microsecondsOf('known.ended_at')} AS "knownEnded"
    FROM (SELECT id, began_at, ended_at FROM observer_gaps
           WHERE began_at > now() - ${sqlInterval(NEW_MESSAGE_BEHIND_MS)}) AS gap
    FULL JOIN (SELECT * FROM insight_known_gaps
                WHERE began_at > now() - ${sqlInterval(NEW_MESSAGE_BEHIND_MS)}) AS known USING (id)
   WHERE (gap.began_at, gap.ended_at) IS DISTINCT FROM (known.began_at, known.ended_at)`;

interface ChangedGap {
  id: string;
  removed: boolean;
  began: number | null;
  ended: number | null;
  knownBegan: number | null;
  knownEnded: number | null;
}

/**
 * The times at which gaps of the last days begin and end that this function did not know when it was last called: which
 * nodes are expected depends on them. Microseconds since the epoch.
 *
 * @param client in a transaction; if that is rolled back, the same times are returned again
 */
export async function changedGapTimes(client: ClientBase): Promise<number[]> {
  const { rows } = await client.query<ChangedGap>(CHANGED);
  if (rows.length === 0) return [];
  await client.query(
    `DELETE FROM insight_known_gaps
      WHERE id = ANY ($1::uuid[]) OR began_at < now() - ${sqlInterval(NEW_MESSAGE_BEHIND_MS)}`,
    [rows.map(({ id }) => id)],
  );
  await client.query(
    `INSERT INTO insight_known_gaps (id, began_at, ended_at)
     SELECT id, began_at, ended_at FROM observer_gaps WHERE id = ANY ($1::uuid[])`,
    [rows.filter(({ removed }) => !removed).map(({ id }) => id)],
  );
  return rows
    .flatMap(({ began, ended, knownBegan, knownEnded }) => [began, ended, knownBegan, knownEnded])
    .filter((time) => time !== null);
}
