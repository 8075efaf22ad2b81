import type { ClientBase } from 'pg';
import { UnsupportedDatabaseError } from './startup.errors.js';

/**
 * The tables of 0.1.4, and those of builds from before the first release, have names that are ours too: no migration
 * could be applied.
 *
 * @throws UnsupportedDatabaseError where they are there
 */
export async function refuseOldSchema(client: ClientBase): Promise<void> {
  const { rows } = await client.query<{ type: string }>(
    `SELECT atttypid::regtype::text AS type FROM pg_attribute
      WHERE attrelid = to_regclass('peer_connections') AND attname = 'id'`,
  );
  const type = rows[0]?.type;
  if (type === 'uuid') {
    throw new UnsupportedDatabaseError(
      'was created by a build from before the first release. Set DATABASE_URL to a new one, which is created if it is missing',
    );
  }
  if (type !== 'integer') return;
  throw new UnsupportedDatabaseError(
    'is one of version 0.1.4. Set DATABASE_URL to a new one, which is created if it is missing, and import this one ' +
      'with `tetcore-analytics import --from`: see docs/coming-from-0.1.4.md',
  );
}
