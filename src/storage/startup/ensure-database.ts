import pg from 'pg';
import { hasSqlState, SqlState } from '../sink/sql-state.js';
import { UnsupportedDatabaseError } from './startup.errors.js';
import { withConnection } from './with-connection.js';

const OLDEST_VERSION = 150_000;
/** For what takes a moment, or seconds where a database is made: milliseconds. */
const ANSWER_LIMIT_MS = 30_000;

/**
 * Connects once, and creates the database where the server does not have it.
 *
 * @throws UnsupportedDatabaseError for PostgreSQL before 15, or an encoding other than UTF-8
 */
export async function ensureDatabase(url: string): Promise<void> {
  try {
    await withConnection(url, checkVersion, ANSWER_LIMIT_MS);
  } catch (error) {
    if (!hasSqlState(error, SqlState.UndefinedDatabase)) throw error;
    await createDatabase(url);
    await withConnection(url, checkVersion, ANSWER_LIMIT_MS);
  }
}

async function checkVersion(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ number: string; text: string; encoding: string }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text,
            current_setting('server_encoding') AS encoding`,
  );
  const [found] = rows;
  if (found === undefined) return;
  if (Number(found.number) < OLDEST_VERSION) {
    throw new UnsupportedDatabaseError(`PostgreSQL ${found.text}; 15 or later is needed`);
  }
  if (found.encoding !== 'UTF8') {
    throw new UnsupportedDatabaseError(`encoded in ${found.encoding}; UTF8 is needed`);
  }
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
