import pg from 'pg';
import { hasSqlState, SqlState } from '../../schema/index.js';
import { refuseOldSchema } from './refuse-old-schema.js';
import { UnsupportedDatabaseError } from './startup.errors.js';
import { withConnection } from './with-connection.js';

const OLDEST_VERSION = 150_000;
/** For what takes a moment, or seconds where a database is made: milliseconds. */
const ANSWER_LIMIT_MS = 30_000;

/**
 * Connects once, and creates the database where the server does not have it.
 *
 * @throws UnsupportedDatabaseError for PostgreSQL before 15, an encoding other than UTF-8, or the tables of 0.1.4
 */
export async function ensureDatabase(url: string): Promise<void> {
  try {
    await withConnection(url, checkDatabase, ANSWER_LIMIT_MS);
  } catch (error) {
    if (!hasSqlState(error, SqlState.UndefinedDatabase)) throw error;
    await createDatabase(url);
    await withConnection(url, checkDatabase, ANSWER_LIMIT_MS);
  }
}

/**
 * Whether it can hold what nodes send. Changes nothing.
 *
 * @returns the version of PostgreSQL, such as `17.2`
 * @throws UnsupportedDatabaseError for PostgreSQL before 15, an encoding other than UTF-8, or the tables of 0.1.4
 */
export async function checkDatabase(client: pg.ClientBase): Promise<string> {
  const version = await checkVersion(client);
  await refuseOldSchema(client);
  return version;
}

async function checkVersion(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ number: string; text: string; encoding: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text,
            current_setting('server_encoding') AS encoding`,
  );
  const [found] = rows;
  if (found === undefined) throw new UnsupportedDatabaseError('does not report its version');
  if (Number(found.number) < OLDEST_VERSION) {
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
    await withConnection(maintenance.href, (client) => client.query(create), ANSWER_LIMIT_MS);
  } catch (error) {
    // Another replica was faster: either its database is there, or its name is being entered right now.
    if (!hasSqlState(error, SqlState.DuplicateDatabase, SqlState.UniqueViolation)) throw error;
  }
}
