import type { ClientBase } from 'pg';
import { socketOf } from './storage-client.js';

/** What a session relies on, whatever the server, the database and the role have as their own. */
const ALWAYS = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  // A server waits two hours for a client that is gone from the network, with all that it has locked.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
};

/** Of a session that writes. */
export function writerSettings(transactionLimitMs: number): Record<string, string> {
  const limit = `${transactionLimitMs.toString()}ms`;
  return {
    statement_timeout: limit,
    idle_in_transaction_session_timeout: limit,
    // Since PostgreSQL 17.
    transaction_timeout: limit,
    // Who waits for another's batch id is to see whether it was stored.
    default_transaction_isolation: 'read committed',
    // With 32 shards COPY is ten times faster; plain PostgreSQL keeps the name and makes nothing of it.
    'citus.max_adaptive_executor_pool_size': '1',
  };
}

/** Of a session that asks: 0 is no limit. */
export function readerSettings(statementLimitMs: number): Record<string, string> {
  // Large answers are estimated to cost enough to be compiled, which would be done again for each of them.
  return { statement_timeout: `${statementLimitMs.toString()}ms`, jit: 'off' };
}

/**
 * Gives a new connection its settings; those that the server does not know are left out. Not as startup
 * parameters, since PgBouncer refuses them.
 *
 * @param limitMs after which a server that does not answer is given up
 */
export async function prepareSession(
  client: ClientBase,
  settings: Record<string, string>,
  limitMs: number,
): Promise<void> {
  const all = Object.entries({ ...ALWAYS, ...settings });
  const timer = setTimeout(() => socketOf(client).destroy(), limitMs);
  try {
    await client.query(
      `SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS setting (name, value)
        WHERE name LIKE '%.%' OR current_setting(name, true) IS NOT NULL`,
      [all.map(([name]) => name), all.map(([, value]) => value)],
    );
  } finally {
    clearTimeout(timer);
  }
}
