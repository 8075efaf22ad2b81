import type { ClientBase } from 'pg';
import { socketOf, StorageClient } from './storage-client.js';

/** For opening a connection or waiting for one of a pool, and for its settings: milliseconds. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** Options of every connection, pooled or not. */
export const CONNECTION_OPTIONS = {
  connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
} as const;

/** Settings of every session, whatever the defaults of the server, the database and the role are. */
const COMMON_SETTINGS = {
  timezone: 'UTC',
  datestyle: 'ISO, MDY',
  // By default a server keeps the session and the locks of an unreachable client for two hours.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
  // Limits of the role or the database would end sessions in the middle of their work.
  lock_timeout: '0',
  idle_session_timeout: '0',
};

/** Settings of a session that writes. 0 is no limit. */
export function writerSettings(transactionLimitMs: number): Record<string, string> {
  const limit = `${transactionLimitMs.toString()}ms`;
  return {
    statement_timeout: limit,
    idle_in_transaction_session_timeout: limit,
    // Since PostgreSQL 17.
    transaction_timeout: limit,
    // A transaction that waits for the same batch id must see whether it was committed.
    default_transaction_isolation: 'read committed',
    // COPY to 32 shards is ten times faster with it. Plain PostgreSQL ignores it.
    'citus.max_adaptive_executor_pool_size': '1',
  };
}

/** Settings of a session that reads or migrates, whose transactions have no limit. 0 is no limit. */
export function readerSettings(statementLimitMs: number): Record<string, string> {
  return {
    statement_timeout: `${statementLimitMs.toString()}ms`,
    // A client that reads slowly keeps its transaction open.
    idle_in_transaction_session_timeout: '0',
    // Since PostgreSQL 17.
    transaction_timeout: '0',
    // The planner would compile large queries, again for each execution.
    jit: 'off',
  };
}

/**
 * Applies settings to a new connection, except those that the server does not know. Not as startup parameters, since
 * PgBouncer rejects them.
 *
 * @param limitMs the connection is closed if the server does not respond within it
 */
export async function prepareSession(
  client: ClientBase,
  settings: Record<string, string>,
  limitMs: number,
): Promise<void> {
  const all = Object.entries({ ...COMMON_SETTINGS, ...settings });
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

/**
 * Opens a session outside of a pool, without limits on the duration of statements and transactions.
 *
 * @param readOnly whether PostgreSQL rejects all writes
 * @param others further settings of PostgreSQL
 */
export async function openSession(
  url: string,
  applicationName: string,
  readOnly: boolean,
  others: Record<string, string> = {},
): Promise<StorageClient> {
  const client = new StorageClient({
    connectionString: url,
    application_name: applicationName,
    ...CONNECTION_OPTIONS,
  });
  try {
    await client.connect();
    const settings = readOnly
      ? { ...readerSettings(0), default_transaction_read_only: 'on' }
      : writerSettings(0);
    await prepareSession(client, { ...settings, ...others }, CONNECT_TIMEOUT_MS);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/**
 * Runs work on its own connection.
 *
 * @param queryTimeoutMs of every query; by default none
 */
export async function withConnection<T>(
  url: string,
  work: (client: StorageClient) => Promise<T>,
  queryTimeoutMs?: number,
): Promise<T> {
  const client = new StorageClient({
    connectionString: url,
    application_name: 'tetcore-analytics startup',
    ...CONNECTION_OPTIONS,
    ...(queryTimeoutMs === undefined ? {} : { query_timeout: queryTimeoutMs }),
  });
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
