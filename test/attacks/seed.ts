import { onDatabase } from '../support/on-database.js';

/** Nodes that were here once: so many that `GET /nodes` is larger than what the server sends without holding it. */
const GONE = 200;
/** Of these, nodes with messages that are much to send. */
const LARGE = 10;
/** Messages of such a node, */
const MESSAGES = 3_000;
/** and the length of each. */
const LENGTH = 4_000;

const goneId = (number: number): string => `12D3Gone${number.toString()}`;

/** Peer ids of nodes whose messages are much to send. */
export const LARGE_PEERS: readonly string[] = Array.from({ length: LARGE }, (_, n) => goneId(n + 1));

/** Writes what readers ask for. Messages carry no number, so that they are not taken for those of nodes that behave. */
export async function seed(databaseUrl: string): Promise<void> {
  await onDatabase(databaseUrl, async (client) => {
    await client.query(
      `INSERT INTO peer_connections (id, ip_addr, peer_id, name, chain, created_at, audit, path, socket_id, collector,
              revision, first_message_at, last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason)
       SELECT 1000 * 2 ^ 32 + n, '127.0.0.1', '12D3Gone' || n, 'gone-' || n, 'Gone', at, false, '/', gen_random_uuid(),
              1000, 1, at, at, at, at, at, 'closed'
         FROM generate_series(1, $1::int) AS n, (SELECT now() - interval '1 minute') AS moment (at)`,
      [GONE],
    );
    // A text that PostgreSQL cannot make short: each of its answers costs what it is long.
    await client.query(
      `INSERT INTO logs_expiring (created_at, received_at, collector, peer_connection_id, type, logs)
       SELECT created_at, created_at, collector, id, 1, jsonb_build_object('msg', 'test.large', 'body', body)
         FROM peer_connections, generate_series(1, $2::int),
              (SELECT left(string_agg(md5(n::text), ''), $3::int) FROM generate_series(1, 1000) AS n) AS text (body)
        WHERE peer_id = ANY ($1::text[])`,
      [LARGE_PEERS, MESSAGES, LENGTH],
    );
  });
}
