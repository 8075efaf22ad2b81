import type { FaultyPostgres } from '../../support/faulty-postgres.js';
import { databaseNamed, onDatabase } from '../../support/on-database.js';

export interface Delays {
  messages: number;
  /** Seconds. */
  p50: number;
  p99: number;
  longest: number;
}

/** Has a PostgreSQL remember when each transaction was committed. It is restarted for that. */
export async function trackCommitTimes(postgres: FaultyPostgres): Promise<void> {
  await onDatabase(databaseNamed(postgres.url, 'postgres'), (client) =>
    client.query('ALTER SYSTEM SET track_commit_timestamp = on'),
  );
  await postgres.stop('fast');
  await postgres.startAgain();
}

/**
 * From the time in a message, which is when its node sent it, to the commit that made it readable: of messages of
 * the nodes from `firstNode` on that were sent between two times. See trackCommitTimes().
 */
export async function readDelays(
  url: string,
  firstNode: number,
  [from, to]: readonly [number, number],
): Promise<Delays> {
  return await onDatabase(url, async (client) => {
    const { rows } = await client.query<Delays>(
      `SELECT count(*)::int AS messages,
              percentile_disc(0.5) WITHIN GROUP (ORDER BY delay) AS p50,
              percentile_disc(0.99) WITHIN GROUP (ORDER BY delay) AS p99,
              max(delay) AS longest
         FROM (SELECT extract(epoch FROM greatest(stored_at, pg_xact_commit_timestamp(xmin)) - created_at)::float8 AS delay
                 FROM (SELECT xmin, created_at, stored_at, logs FROM logs_expiring
                       UNION ALL
                       SELECT xmin, created_at, stored_at, logs FROM logs_audit) AS messages
                WHERE (logs->>'node')::int >= $1 AND created_at BETWEEN $2 AND $3) AS delays`,
      [firstNode, new Date(from), new Date(to)],
    );
    const [delays] = rows;
    if (delays === undefined || delays.messages === 0) throw new Error('No messages were stored.');
    return delays;
  });
}
