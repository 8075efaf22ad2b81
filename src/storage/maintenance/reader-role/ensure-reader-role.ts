import type pg from 'pg';
import type { Settings } from '../../../platform/config/index.js';
import { hasSqlState, SqlState } from '../../schema/index.js';
import { underMigrationLock } from '../startup/migration-lock.js';
import { ReaderRole } from './reader-role.js';

/** Nothing that is done here takes long, but others may hold a lock. */
const LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '30s'";

/**
 * Makes the role of `DB_READER_ROLE` where it is missing, and gives it the rights, the settings and the password that
 * it lacks. All of that or nothing, but for rights that only others can give; replicas take turns. What a role has that is there already stays as it is.
 *
 * @returns a sentence about what was changed; undefined if nothing was, or there is to be no role
 * @throws ReaderRoleError where somebody has to do something about it, and what
 */
export async function ensureReaderRole(
  url: string,
  settings: Pick<Settings, 'DB_READER_ROLE' | 'DB_READER_PASSWORD'>,
): Promise<string | undefined> {
  const { DB_READER_ROLE: name, DB_READER_PASSWORD: password } = settings;
  if (name === undefined) return undefined;
  const once = (): Promise<string | undefined> =>
    underMigrationLock(url, async (client) => {
      const role = await ReaderRole.named(client, name);
      const changed = await inTransaction(client, () => role.ensure(password));
      await role.mustRead();
      return changed;
    });
  try {
    return await once();
  } catch (error) {
    // Roles belong to the whole cluster, the lock to one database: a server of another one was faster.
    if (hasSqlState(error, SqlState.DuplicateObject, SqlState.UniqueViolation)) return await once();
    throw error;
  }
}

async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    await client.query(LIMITS);
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}
