import pg from 'pg';
import type { Settings } from '../../platform/config/index.js';
import { postgresAddress, sslParameters } from '../../platform/postgres-url/index.js';
import {
  checkDatabase,
  type ClockOffset,
  hasSqlState,
  isOff,
  laterSchema,
  minOffsetMs,
  migrationState,
  readClocks,
  readOnlyFault,
  rejectLaterSchema,
  rejectUnrecordedTables,
  SqlState,
  UnsupportedDatabaseError,
} from '../../storage/index.js';
import { freeBytes, WAL_BYTES } from '../../platform/disk/index.js';
import { formatSize, messageOf } from '../output.js';
import { type Check, type Database, type Finding, ok, problem, warning } from './check.js';
import { isLoopback } from './access-checks.js';

/** Whether version and encoding are supported, without Citus, and the tables are not those of 0.1.4. */
export const databaseVersion: Check<Database> = {
  name: 'PostgreSQL',
  run: async ({ client }) => {
    let version = '';
    const unusable = await unsupported(async () => {
      version = await checkDatabase(client);
    });
    return unusable ?? ok(`The database is PostgreSQL ${version}, in UTF-8.`);
  },
};

/** The finding of a check of the start; undefined if it passes. */
async function unsupported(check: () => Promise<unknown>): Promise<Finding | undefined> {
  try {
    await check();
    return undefined;
  } catch (error) {
    if (!(error instanceof UnsupportedDatabaseError)) throw error;
    return problem(error.fault.cause, error.fault.advice);
  }
}

/** Whether the connection to a remote database is encrypted, and the database verified. */
export const encryption: Check<Database> = {
  name: 'encryption',
  run: async ({ client, url }) => {
    const { host } = postgresAddress(url);
    if (host.startsWith('/') || isLoopback(host)) return ok('The database is on this machine.');
    const { rows } = await client.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    return encryptionFinding(rows[0]?.ssl === true, url);
  },
};

/** @param encrypted whether the connection uses TLS */
export function encryptionFinding(encrypted: boolean, url: string): Finding {
  const { host } = postgresAddress(url);
  const { mode, rootCert } = sslParameters(url);
  const advice = 'Set sslmode=verify-full in DATABASE_URL, unless the network is private.';
  if (!encrypted) return warning(`The connection to ${host} is not encrypted.`, advice);
  if (mode.startsWith('verify-') || (mode === 'require' && rootCert !== undefined)) {
    return ok(`The connection to ${host} is encrypted, and its certificate is verified.`);
  }
  return warning(
    `The connection to ${host} is encrypted, but its certificate is not verified (sslmode=${mode}).`,
    advice,
  );
}

const WARNING_MS = 1_000;
const PROBLEM_MS = 10_000;
const ADVICE = 'Synchronize the clocks of both machines (NTP).';

/** Whether the clocks of this machine and of the database agree. */
export const clock: Check<Database> = {
  name: 'clock',
  run: async ({ client }) => clockFinding((await readClocks(client)).offset),
};

/** @param offset of the clock of this machine */
export function clockFinding(offset: ClockOffset): Finding {
  const off = minOffsetMs(offset);
  if (off <= WARNING_MS)
    return ok('The clock of the database differs from the clock of this machine by less than a second.');
  const way = offset.offsetMs < 0 ? 'ahead of' : 'behind';
  const found = `The clock of the database is ${(Math.abs(offset.offsetMs) / 1000).toFixed(1)} s ${way} the clock of this machine.`;
  if (isOff(offset)) return problem(`${found} Servers do not purge with this difference.`, ADVICE);
  return off > PROBLEM_MS ? problem(found, ADVICE) : warning(found, ADVICE);
}

/** Settings that guarantee that a commit is on disk. */
const EXPECTED = ['fsync', 'full_page_writes', 'synchronous_commit'];

/** Whether committed data survives a crash of the database. */
export const durability: Check<Database> = {
  name: 'durability',
  run: async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name`,
      [EXPECTED],
    );
    if (rows.length === 0) return ok('The database flushes commits to disk.');
    return rows.map(({ name }) =>
      warning(
        `${name} is off: committed data can be lost if the database or its machine crashes.`,
        `Set ${name} to on in postgresql.conf, or where ALTER SYSTEM, ALTER DATABASE or ALTER ROLE has set it.`,
      ),
    );
  },
};

/** Whether autovacuum and its statistics are on. */
export const autovacuum: Check<Database> = {
  name: 'autovacuum',
  run: async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM pg_settings WHERE name IN ('autovacuum', 'track_counts') AND setting = 'off' ORDER BY name`,
    );
    if (rows.length === 0) return ok('Autovacuum is on.');
    return rows.map(({ name }) =>
      warning(
        `${name} is off: tables grow, and queries become slow.`,
        `Set ${name} to on in postgresql.conf.`,
      ),
    );
  },
};

const MIB = 1024 ** 2;
const CRITICAL_SPACE = 256 * MIB;

/** Whether the disk of the embedded PostgreSQL has free space. The disk of a remote database cannot be checked. */
export const databaseDisk: Check<Database> = {
  name: 'database disk',
  run: async ({ cluster }) =>
    cluster === undefined
      ? ok('The disk space of a remote database cannot be checked from here: monitor it there.')
      : diskFinding(await freeBytes(cluster), cluster),
};

/** @param free bytes */
export function diskFinding(free: number, directory: string): Finding {
  const found = `The disk of the database in ${directory} has ${formatSize(free)} free.`;
  const advice = 'Free disk space, lower LOG_EXPIRY_H and run tetcore-analytics purge, or move DATA_DIR.';
  if (free < CRITICAL_SPACE) return problem(found, advice);
  return free < WAL_BYTES ? warning(found, advice) : ok(found);
}

/** Whether the user can create and drop partitions. */
export const permissions: Check<Database> = {
  name: 'permissions',
  run: async ({ client, dataSource }) => {
    const { rows } = await client.query<{ role: string; schema: string | null; create: boolean | null }>(
      `SELECT current_user::text AS role, current_schema()::text AS schema,
              has_schema_privilege(current_schema(), 'CREATE') AS create`,
    );
    const { role = '', schema = null, create = false } = rows[0] ?? {};
    if (schema === null) {
      return problem(
        `The search_path of ${role} has no existing schema.`,
        `Create one, or ALTER ROLE ${role} SET search_path = public.`,
      );
    }
    if (create !== true) {
      return problem(
        `${role} cannot create tables in the schema ${schema}, so migrations and new partitions fail.`,
        `GRANT CREATE ON SCHEMA ${schema} TO ${role}, as the owner of the schema.`,
      );
    }
    const tables = dataSource.entityMetadatas.map(({ tableName }) => tableName);
    const others = await client.query<{ name: string; owner: string }>(
      `SELECT relname::text AS name, pg_get_userbyid(relowner)::text AS owner
         FROM pg_class WHERE oid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)
          AND NOT pg_has_role(relowner, 'USAGE') ORDER BY relname`,
      [tables],
    );
    if (others.rows.length === 0)
      return ok(`${role} can create tables in the schema ${schema}, and owns the tables of the server.`);
    const [first] = others.rows;
    return problem(
      `${role} does not own ${others.rows.map(({ name }) => name).join(', ')}, so it cannot create or drop partitions.`,
      `Connect as ${first?.owner ?? 'the owner'}, or ALTER TABLE … OWNER TO ${role}.`,
    );
  },
};

/** About a megabyte: less may fit on a full disk. */
const TRIAL_ROWS = 16_384;

/** Whether the database accepts writes: tries one, and rolls it back. */
export const writes: Check<Database> = {
  name: 'writes',
  run: async ({ client }) => {
    const fault = await readOnlyFault(client);
    if (fault !== undefined) return problem(fault.cause, fault.advice);
    try {
      await client.query(
        `BEGIN; CREATE TABLE ${pg.escapeIdentifier(`tetcore_doctor_${process.pid}`)} AS
           SELECT md5(n::text) AS text FROM generate_series(1, ${TRIAL_ROWS}) AS n; ROLLBACK`,
      );
      return ok('The database accepts writes: a trial write was rolled back.');
    } catch (error) {
      await client.query('ROLLBACK');
      return writeFinding(error);
    }
  },
};

function writeFinding(error: unknown): Finding | [] {
  // The check of permissions reports these.
  if (hasSqlState(error, SqlState.InsufficientPrivilege, SqlState.InvalidSchemaName)) return [];
  if (hasSqlState(error, SqlState.DiskFull)) {
    return problem(
      `The disk of the database is full: ${messageOf(error)}.`,
      'Free space on it: docs/operations.md#the-disk-is-full.',
    );
  }
  return problem(
    `A trial write failed: ${messageOf(error)}.`,
    'Correct the cause. The log of PostgreSQL has the details.',
  );
}

/** Whether migrations are pending, unknown, of a later version, or not recorded. */
export const migrations: Check<Database> = {
  name: 'migrations',
  run: async ({ dataSource, settings }) => {
    const unusable = await unsupported(async () => {
      await rejectLaterSchema(dataSource);
      await rejectUnrecordedTables(dataSource);
    });
    if (unusable !== undefined) return unusable;
    const { pending, unknown } = await migrationState(dataSource);
    const later = await laterSchema(dataSource);
    const findings: Finding[] = [];
    if (later !== undefined) {
      findings.push(
        warning(
          `The database has the schema of version ${later.version}, which is compatible with this version.`,
          `Upgrade this server to version ${later.version}.`,
        ),
      );
    } else if (unknown.length > 0) {
      findings.push(
        warning(
          `The database has migrations that are unknown to this version: ${unknown.join(', ')}.`,
          'Migrations of your own modules are expected here. Otherwise check that DATABASE_URL is the right database.',
        ),
      );
    }
    if (pending.length > 0) findings.push(missing(pending, settings));
    return findings.length > 0 ? findings : ok('The schema is up to date.');
  },
};

function missing(
  pending: readonly string[],
  { MIGRATE_ON_START }: Pick<Settings, 'MIGRATE_ON_START'>,
): Finding {
  const found = `Pending migrations: ${pending.join(', ')}.`;
  if (MIGRATE_ON_START) return warning(found, 'The server applies them when it starts.');
  return problem(
    found,
    'Run tetcore-analytics migrate: with MIGRATE_ON_START=false the server does not start.',
  );
}

/** Checks that need a database connection. */
export const databaseChecks: readonly Check<Database>[] = [
  databaseVersion,
  encryption,
  clock,
  durability,
  autovacuum,
  databaseDisk,
  permissions,
  writes,
  migrations,
];
