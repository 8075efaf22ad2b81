import { onDatabase } from '../../test/support/on-database.js';
import { smallMessages } from './messages.js';
import { insertMessages, numberedConnectionId } from './tables.js';

/**
 * Makes a partition of `logs_expiring` and fills it with real messages of 2,000 connections, spread evenly over
 * its time. In the database itself, which is many times faster than through the server.
 */
export async function fillPartition(url: string, from: number, length: number, rows: number): Promise<void> {
  const name = partitionName(from);
  const [start, end] = [from, from + length].map((at) => new Date(at).toISOString());
  await onDatabase(url, async (client) => {
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF logs_expiring FOR VALUES FROM ('${start ?? ''}') TO ('${end ?? ''}')`,
    );
    await client.query(
      insertMessages(
        'logs_expiring',
        { at: 'at', connection: numberedConnectionId('n % 2000'), msg: "logs->>'msg'", logs: 'logs' },
        `FROM generate_series(0, $1::int - 1) AS n
         CROSS JOIN LATERAL (SELECT $2::timestamptz + make_interval(secs => $3::float8 * n / $1::int) AS at) AS time
         JOIN unnest($4::jsonb[]) WITH ORDINALITY AS kind (logs, i) ON kind.i = n % cardinality($4::jsonb[]) + 1`,
      ),
      [rows, start, length / 1000, smallMessages.map((message) => JSON.stringify(message))],
    );
    // As a partition is that has been there for long: autovacuum would come in the middle of what is measured.
    await client.query(`VACUUM ANALYZE ${name}`);
  });
}

/** As the server names them: by the hour at which they begin. */
export function partitionName(from: number): string {
  return `logs_expiring_${new Date(from).toISOString().slice(0, 13).replace(/[-T]/g, '')}`;
}
