import { oldSchema } from '../../test/support/old-database.js';
import { onDatabase } from '../../test/support/on-database.js';
import { smallMessages } from '../support/messages.js';

/** Connections that messages come by, in turn: as many as the ingest benchmark has sockets. */
export const CONNECTIONS = 50;

/**
 * Makes a database as 0.1.4 would have left it after an hour of the messages that the ingest benchmark sends. In the
 * database itself, which is many times faster than through a server.
 */
export async function fillOldDatabase(url: string, rows: number): Promise<void> {
  await onDatabase(url, async (client) => {
    await client.query(oldSchema({ logs: 'substrate_logs', version: '0.1.4' }).join(';\n'));
    await client.query(
      `INSERT INTO peer_connections (ip_addr, peer_id, name, chain)
       SELECT '127.0.0.1', '12D3KooWBench' || n, 'bench-' || n, 'bench' FROM generate_series(1, $1::int) AS n`,
      [CONNECTIONS],
    );
    await client.query(
      `INSERT INTO substrate_logs (created_at, logs, peer_connection_id)
       SELECT now() - interval '1 day' + make_interval(secs => 3600.0 * n / $1::int), logs, 1 + n % $2::int
         FROM generate_series(0, $1::int - 1) AS n
         JOIN unnest($3::jsonb[]) WITH ORDINALITY AS kind (logs, i) ON kind.i = n % cardinality($3::jsonb[]) + 1
        ORDER BY n`,
      [rows, CONNECTIONS, smallMessages.map((message) => JSON.stringify(message))],
    );
    // As a database is that has been there for long.
    await client.query('VACUUM ANALYZE substrate_logs');
    await client.query('ANALYZE peer_connections');
    await client.query('CHECKPOINT');
  });
}
