import { CONNECT_TIMEOUT_MS, CONNECTION_OPTIONS } from './connection-options.js';
import { prepareSession, readerSettings, writerSettings } from './session-settings.js';
import { StorageClient } from './storage-client.js';

/** Of transactions, whatever the database and the role have as their own. The second is known since PostgreSQL 17. */
const NO_LIMITS = { idle_in_transaction_session_timeout: '0', transaction_timeout: '0' };

/**
 * A session outside of any pool, whose statements and transactions may take as long as they need.
 *
 * @param readOnly whether PostgreSQL refuses whatever would change something
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
  // Whoever uses it learns of a broken line by what it asks next.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const settings = readOnly
      ? { ...readerSettings(0), ...NO_LIMITS, default_transaction_read_only: 'on' }
      : writerSettings(0);
    await prepareSession(client, { ...settings, ...others }, CONNECT_TIMEOUT_MS);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}
