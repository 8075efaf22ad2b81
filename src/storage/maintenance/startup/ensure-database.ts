import pg, { type ClientBase } from 'pg';
import { OperatorError } from '../../../platform/errors/index.js';
import { withConnection } from '../../connections/sessions.js';
import { hasSqlState, SqlState } from '../../schema/index.js';

/** This version cannot use the database. */
export class UnsupportedDatabaseError extends OperatorError {
  override readonly name = 'UnsupportedDatabaseError';

  /** @param what completes a sentence: `is encoded in LATIN1, but …` */
  constructor(what: string) {
    super(`The database ${what}.`);
  }
}

/** Migrations are missing, and the server is not allowed to run them. */
export class SchemaOutdatedError extends OperatorError {
  override readonly name = 'SchemaOutdatedError';

  constructor() {
    super(
      'The database schema is not up to date. Run `tetcore-analytics migrate`, or set MIGRATE_ON_START=true.',
    );
  }
}

const MIN_VERSION = 150_000;
/** CREATE DATABASE may take seconds. */
const QUERY_TIMEOUT_MS = 30_000;

/**
 * Checks the database, and creates it if it does not exist.
 *
 * @throws UnsupportedDatabaseError for PostgreSQL before 15, an encoding other than UTF-8, or the tables of 0.1.4
 */
export async function ensureDatabase(url: string): Promise<void> {
  try {
    await withConnection(url, checkDatabase, QUERY_TIMEOUT_MS);
  } catch (error) {
    if (!hasSqlState(error, SqlState.UndefinedDatabase)) throw error;
    await createDatabase(url);
    await withConnection(url, checkDatabase, QUERY_TIMEOUT_MS);
  }
}

/**
 * Checks whether this version can use the database. Changes nothing.
 *
 * @returns the version of PostgreSQL, such as `17.2`
 * @throws UnsupportedDatabaseError for PostgreSQL before 15, an encoding other than UTF-8, or the tables of 0.1.4
 */
export async function checkDatabase(client: pg.ClientBase): Promise<string> {
  const version = await checkVersion(client);
  await rejectOldSchema(client);
  return version;
}

async function checkVersion(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ number: string; text: string; encoding: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text,
            current_setting('server_encoding') AS encoding`,
  );
  const [found] = rows;
  if (found === undefined) throw new UnsupportedDatabaseError('does not report its version');
  if (Number(found.number) < MIN_VERSION) {
    throw new UnsupportedDatabaseError(`is PostgreSQL ${found.text}; version 15 or later is required`);
  }
  if (found.encoding !== 'UTF8') {
    throw new UnsupportedDatabaseError(`is encoded in ${found.encoding}; UTF8 is required`);
  }
  return found.text;
}

async function createDatabase(url: string): Promise<void> {
  const name = new pg.Client({ connectionString: url }).database ?? '';
  const maintenance = new URL(url);
  maintenance.pathname = '/postgres';
  const create = `CREATE DATABASE ${pg.escapeIdentifier(name)} ENCODING 'UTF8' TEMPLATE template0`;
  try {
    await withConnection(maintenance.href, (client) => client.query(create), QUERY_TIMEOUT_MS);
  } catch (error) {
    // Another replica was faster, and has created it or is creating it.
    if (!hasSqlState(error, SqlState.DuplicateDatabase, SqlState.UniqueViolation)) throw error;
  }
}

/**
 * Migrations cannot run in a database of 0.1.4, or of a build before the first release: some tables have the same names.
 *
 * @throws UnsupportedDatabaseError
 */
async function rejectOldSchema(client: ClientBase): Promise<void> {
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
    'has the schema of version 0.1.4. Set DATABASE_URL to a new one, which is created if it is missing, and import this one ' +
      'with `tetcore-analytics import --from`: see docs/coming-from-0.1.4.md',
  );
}
