import { AdvisoryLock } from '../../schema/index.js';
import type pg from 'pg';
import { CONNECT_TIMEOUT_MS } from '../../connections/connection-options.js';
import { prepareSession, readerSettings } from '../../connections/session-settings.js';
import { withConnection } from './with-connection.js';

/** Does something while no other replica migrates. Waits for its turn for as long as it takes. */
export async function underMigrationLock<T>(
  url: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  return await withConnection(url, async (client) => {
    await prepareSession(client, readerSettings(0), CONNECT_TIMEOUT_MS);
    await client.query('SELECT pg_advisory_lock($1)', [AdvisoryLock.Migrations]);
    return await work(client);
  });
}
