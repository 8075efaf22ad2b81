import pg, { type ClientBase } from 'pg';
import { describeError, OperatorError } from '../../../platform/errors/index.js';
import {
  databaseNamed,
  type PostgresAddress,
  postgresAddress,
} from '../../../platform/postgres-url/index.js';
import { type ConnectionFault, createDatabaseAdvice } from '../../connections/connection-fault.js';
import { withConnection } from '../../connections/sessions.js';
import { hasSqlState, SqlState, sqlStateOf } from '../../schema/index.js';
import { areSessionsShared } from './shared-sessions.js';

/** This version cannot use the database. */
export class UnsupportedDatabaseError extends OperatorError {
  override readonly name: string = 'UnsupportedDatabaseError';
  readonly fault: ConnectionFault;

  /**
   * @param what completes a sentence: `is encoded in LATIN1, but …`
   * @param advice sentences without the last period
   */
  constructor(what: string, advice?: string) {
    super(`The database ${what}.${advice === undefined ? '' : ` ${advice}.`}`);
    this.fault = {
      cause: `The database ${what}.`,
      advice: `${advice ?? 'Set DATABASE_URL to a database that meets the requirements'}.`,
    };
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

/** The database does not exist, and could not be created. */
export class MissingDatabaseError extends OperatorError {
  override readonly name = 'MissingDatabaseError';

  constructor(address: PostgresAddress, cause: unknown) {
    super(
      `The database ${address.database} does not exist, and could not be created: ${describeError(cause)}. ${createDatabaseAdvice(address)}`,
      { cause },
    );
  }
}

/** The database rejects writes. */
export class ReadOnlyDatabaseError extends OperatorError {
  override readonly name = 'ReadOnlyDatabaseError';

  constructor({ cause, advice }: ConnectionFault) {
    super(`${cause} ${advice}`);
  }
}

/** A pooler distributes the sessions of this server over connections. */
export class SharedSessionsError extends UnsupportedDatabaseError {
  override readonly name = 'SharedSessionsError';

  constructor() {
    super(
      'is behind a pooler in transaction or statement mode, but the server needs sessions of its own for locks and settings',
      'Set pool_mode = session for this database in PgBouncer, or connect to PostgreSQL directly',
    );
  }
}

const MIN_VERSION = 150_000;
/** CREATE DATABASE may take seconds. */
const QUERY_TIMEOUT_MS = 30_000;

/**
 * Checks the database, and creates it if it does not exist.
 *
 * @throws UnsupportedDatabaseError for PostgreSQL before 15, an encoding other than UTF-8, Citus, the tables of 0.1.4, or a
 *   pooler that shares sessions
 * @throws MissingDatabaseError, ReadOnlyDatabaseError
 */
export async function ensureDatabase(url: string): Promise<void> {
  try {
    await withConnection(url, checkUsable, QUERY_TIMEOUT_MS);
  } catch (error) {
    if (!hasSqlState(error, SqlState.UndefinedDatabase)) throw error;
    await createDatabase(url);
    await withConnection(url, checkUsable, QUERY_TIMEOUT_MS);
  }
  if (await areSessionsShared(url)) {
    throw new SharedSessionsError();
  }
}

async function checkUsable(client: ClientBase): Promise<void> {
  await checkDatabase(client);
  const fault = await readOnlyFault(client);
  if (fault !== undefined) throw new ReadOnlyDatabaseError(fault);
}

/** Where `default_transaction_read_only` is set, by `pg_settings.source`. */
const READ_ONLY_ADVICE: Readonly<Record<string, (role: string, database: string) => string>> = {
  user: (role) => `Run: ALTER ROLE ${role} RESET default_transaction_read_only.`,
  database: (_, database) => `Run: ALTER DATABASE ${database} RESET default_transaction_read_only.`,
  'database user': (role, database) =>
    `Run: ALTER ROLE ${role} IN DATABASE ${database} RESET default_transaction_read_only.`,
  client: () => 'Remove default_transaction_read_only from the options of DATABASE_URL.',
};

/** Why the database rejects all writes; undefined if it does not. */
export async function readOnlyFault(client: ClientBase): Promise<ConnectionFault | undefined> {
  const { rows } = await client.query<{
    standby: boolean;
    on: boolean;
    source: string;
    role: string;
    database: string;
  }>(
    `SELECT pg_is_in_recovery() AS standby, setting = 'on' AS on, source, quote_ident(current_user) AS role,
            quote_ident(current_database()) AS database
       FROM pg_settings WHERE name = 'default_transaction_read_only'`,
  );
  const [found] = rows;
  if (found?.standby === true) {
    return {
      cause: 'The database is a standby, which is read-only.',
      advice: 'Set DATABASE_URL to the primary, or promote the standby.',
    };
  }
  if (found?.on !== true) return undefined;
  const advice = READ_ONLY_ADVICE[found.source]?.(found.role, found.database);
  return {
    cause: 'The database is read-only: default_transaction_read_only is on.',
    advice: advice ?? 'Set default_transaction_read_only = off in postgresql.conf, and reload PostgreSQL.',
  };
}

/**
 * Checks whether this version can use the database. Changes nothing.
 *
 * @returns the version of PostgreSQL, such as `17.2`
 * @throws UnsupportedDatabaseError for PostgreSQL before 15, an encoding other than UTF-8, Citus, or the tables of 0.1.4
 */
export async function checkDatabase(client: pg.ClientBase): Promise<string> {
  const version = await checkVersion(client);
  await rejectOldSchema(client);
  return version;
}

async function checkVersion(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ number: string; text: string; encoding: string; citus: boolean }>(
    `SELECT current_setting('server_version_num') AS number, current_setting('server_version') AS text,
            current_setting('server_encoding') AS encoding,
            EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') AS citus`,
  );
  const [found] = rows;
  if (found === undefined) throw new UnsupportedDatabaseError('does not report its version');
  if (Number(found.number) < MIN_VERSION) {
    throw new UnsupportedDatabaseError(`is PostgreSQL ${found.text}; version 15 or later is required`);
  }
  if (found.encoding !== 'UTF8') {
    throw new UnsupportedDatabaseError(`is encoded in ${found.encoding}; UTF8 is required`);
  }
  if (found.citus) {
    throw new UnsupportedDatabaseError(
      'has the extension Citus, on which this version does not run',
      'Set DATABASE_URL to a database without Citus',
    );
  }
  return found.text;
}

/** @throws MissingDatabaseError */
async function createDatabase(url: string): Promise<void> {
  const address = postgresAddress(url);
  const create = `CREATE DATABASE ${pg.escapeIdentifier(address.database)} ENCODING 'UTF8' TEMPLATE template0`;
  try {
    await withConnection(
      databaseNamed(url, MAINTENANCE_DATABASE),
      (client) => client.query(create),
      QUERY_TIMEOUT_MS,
    );
  } catch (error) {
    // Another replica was faster, and has created it or is creating it.
    if (hasSqlState(error, SqlState.DuplicateDatabase, SqlState.UniqueViolation)) return;
    throw sqlStateOf(error) === undefined ? error : new MissingDatabaseError(address, error);
  }
}

/** The database that every cluster has. */
const MAINTENANCE_DATABASE = 'postgres';

/** Whether the user of a URL whose database does not exist may create it. */
export async function mayCreateDatabase(url: string): Promise<boolean> {
  return await withConnection(
    databaseNamed(url, MAINTENANCE_DATABASE),
    async (client) => {
      const { rows } = await client.query<{ may: boolean }>(
        'SELECT rolcreatedb OR rolsuper AS may FROM pg_roles WHERE rolname = current_user',
      );
      return rows[0]?.may === true;
    },
    QUERY_TIMEOUT_MS,
  );
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
      'was created by a build from before the first release',
      'Set DATABASE_URL to a new one, which is created if it is missing',
    );
  }
  if (type !== 'integer') return;
  throw new UnsupportedDatabaseError(
    'has the schema of version 0.1.4',
    'Set DATABASE_URL to a new one, which is created if it is missing, and import this one with ' +
      '`tetcore-analytics import --from`: see docs/coming-from-0.1.4.md',
  );
}
