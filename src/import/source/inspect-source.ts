import { hasSqlState, openSession, SqlState, type StorageClient } from '../../storage/index.js';
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
    return await findTables(source, placeOf(from));
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

function notOpened(what: string, error: unknown): ImportError {
  // Where a name has several addresses, an error has a message only within.
  const errors: unknown[] = error instanceof AggregateError ? error.errors : [error];
  const reasons = errors.map((each) => (each instanceof Error ? each.message : String(each)));
  return new ImportError(`${what} cannot be opened: ${reasons.join('; ')}`, { cause: error });
}
