import {
  hasSqlState,
  MAX_CONNECTIONS,
  openSession,
  SqlState,
  type StorageClient,
} from '../../storage/index.js';
import { ImportError } from '../import.error.js';
import { placeOf } from '../place.js';
import { databaseIdentity } from './source-identity.js';
import { findTables, type SourceTables } from './source-tables.js';

/**
 * Looks at the source, before anything is made of the target.
 *
 * @throws ImportError where it cannot be reached, is no database of 0.1.4, or is the target itself
 */
export async function inspectSource(from: string, to: string): Promise<SourceTables> {
  const source = await openSource(from);
  try {
    await refuseTarget(source, to);
    await refuseStandby(source);
    const tables = await findTables(source, placeOf(from));
    await refuseWideIds(source, tables);
    return tables;
  } finally {
    await source.end();
  }
}

async function openSource(from: string): Promise<StorageClient> {
  try {
    return await openSession(from, 'tetcore-analytics import', true);
  } catch (error) {
    throw notOpened(`The source, ${placeOf(from)},`, error);
  }
}

async function refuseTarget(source: StorageClient, to: string): Promise<void> {
  let target: StorageClient;
  try {
    target = await openSession(to, 'tetcore-analytics import', true);
  } catch (error) {
    // It will be created.
    if (hasSqlState(error, SqlState.UndefinedDatabase)) return;
    throw notOpened(`The database of DATABASE_URL, ${placeOf(to)},`, error);
  }
  try {
    if ((await databaseIdentity(source)) !== (await databaseIdentity(target))) return;
  } finally {
    await target.end();
  }
  throw new ImportError(
    '--from and DATABASE_URL name the same database. Set DATABASE_URL to a new one: it is created where it is missing.',
  );
}

async function refuseStandby(source: StorageClient): Promise<void> {
  const { rows } = await source.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby');
  if (rows[0]?.standby !== true) return;
  throw new ImportError(
    'The source is a standby, where nobody sees who is writing, so that rows could be passed over for good. ' +
      'Give --from the primary, or a copy that takes no more from it.',
  );
}

/** An id here is the number of the source and that of the connection, in 32 bits: those of 0.1.4 are no larger. */
async function refuseWideIds(source: StorageClient, { connections }: SourceTables): Promise<void> {
  const { rows } = await source.query<{ fit: boolean }>(
    `SELECT coalesce(min(id) >= 0 AND max(id) <= ${MAX_CONNECTIONS}, true) AS fit FROM ${connections.name}`,
  );
  if (rows[0]?.fit === true) return;
  throw new ImportError(
    `${connections.name} of the source has ids below 0 or above ${MAX_CONNECTIONS}: 0.1.4 gives none of those. ` +
      'Give their connections other ids there, and their messages too.',
  );
}

function notOpened(what: string, error: unknown): ImportError {
  // Where a name has several addresses, an error has a message only within.
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reasons = errors.map((each) => (each instanceof Error ? each.message : String(each)));
  return new ImportError(`${what} cannot be opened: ${reasons.join('; ')}`, { cause: error });
}
