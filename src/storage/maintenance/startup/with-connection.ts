import type pg from 'pg';
import { CONNECTION_OPTIONS } from '../../connections/connection-options.js';
import { StorageClient } from '../../connections/storage-client.js';

/**
 * Runs something on a connection of its own.
 *
 * @param answerLimitMs after which a question is given up; without it never
 */
export async function withConnection<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
  answerLimitMs?: number,
): Promise<T> {
  const client = new StorageClient({
    connectionString: url,
    application_name: 'tetcore-analytics startup',
    ...CONNECTION_OPTIONS,
    ...(answerLimitMs === undefined ? {} : { query_timeout: answerLimitMs }),
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
