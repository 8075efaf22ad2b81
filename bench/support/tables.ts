import { MESSAGE_TYPES, typeNumber } from '../../src/storage/index.js';

/** What benchmarks that write to this server's tables by SQL know of their columns. */

/** The collector of the generated rows. */
const COLLECTOR_ID = '00000000-0000-7000-8000-000000000001';
const COLLECTOR = 1;
/** $1: when it started; $2: when it was seen last. */
export const INSERT_COLLECTOR = `
  INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
  VALUES (${COLLECTOR.toString()}, '${COLLECTOR_ID}', 'bench', '0', $1, $2)`;
/** It counts as alive, or its connections would be ended. */
export const KEEP_COLLECTOR_ALIVE = `
  UPDATE collectors SET last_seen_at = now() + interval '1 day' WHERE host = 'bench'`;

/** The type of a connection's id. */
export const CONNECTION_ID_TYPE = 'bigint';

/** The id of the connection with a number, for messages without a row of their connection. @param number SQL */
export function numberedConnectionId(number: string): string {
  return `((${COLLECTOR.toString()}::bigint << 32) + ${number})`;
}

/** The parts of a message as SQL expressions, of the source that they are read from. */
export interface MessageSql {
  /** When it was sent, a timestamptz. It is taken in 20 ms later, and stored after 60 more. */
  at: string;
  connection: string;
  /** The text of its type. */
  msg: string;
  /** The flat form, jsonb. */
  logs: string;
}

/** Every other type is counted among those without a number. */
const TYPE_NUMBERS = JSON.stringify(Object.fromEntries(MESSAGE_TYPES));

/** @param source what follows the list of a SELECT: FROM, and what comes after it */
export function insertMessages(
  table: string,
  { at, connection, msg, logs }: MessageSql,
  source: string,
): string {
  return `
    INSERT INTO ${table} (created_at, received_at, stored_at, collector, peer_connection_id, type, logs)
    SELECT ${at}, ${at} + interval '20 ms', ${at} + interval '80 ms', ${COLLECTOR.toString()}, ${connection},
           coalesce(('${TYPE_NUMBERS}'::jsonb->>(${msg}))::smallint, ${typeNumber('')}), ${logs}
      ${source}`;
}

/**
 * Connections, one after another of each peer.
 *
 * @param source a FROM of peers (n, peer_id, audit) and of their connections (number, began, ends, stays: whether it
 *   is open); `digest` is a hexadecimal text of 32 digits that no other has
 */
export function insertConnections(source: string): string {
  // In the order in which the connections began, as the server names them.
  const id = numberedConnectionId('row_number() OVER (ORDER BY began, digest)');
  return `
    INSERT INTO peer_connections (id, ip_addr, peer_id, created_at, audit, name, chain, version, authority,
      startup_time, implementation, config, path, socket_id, collector, revision, first_message_at,
      last_message_at, oldest_created_at, newest_created_at, ended_at, end_reason, end_code)
    SELECT ${id}, '10.0.' || n / 250 || '.' || n % 250, peer_id, began, audit, 'node-' || n,
           (ARRAY['Kusama', 'Polkadot', 'Development'])[n % 3 + 1], '2.0.0-' || n % 4 || '-x86_64-linux-gnu',
           n % 7 = 0, (extract(epoch FROM began) * 1000)::bigint, 'Tetcore Node', '',
           CASE WHEN audit THEN '/audit' ELSE '/' END, digest::uuid, ${COLLECTOR.toString()}, 2, began, ends, began, ends,
           CASE WHEN NOT stays THEN ends END, CASE WHEN NOT stays THEN 'closed' END, CASE WHEN NOT stays THEN 1000 END
      ${source}`;
}
