import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { findEmbeddedPostgres } from '../../embedded-postgres/index.js';
import type { Settings } from '../../platform/config/index.js';
import { withDeadline } from '../../platform/async/index.js';
import { postgresAddress } from '../../platform/postgres-url/index.js';
import {
  areSessionsShared,
  connectionFault,
  createDatabaseAdvice,
  dataSourceOptions,
  hasSqlState,
  mayCreateDatabase,
  migrationState,
  SharedSessionsError,
  SqlState,
} from '../../storage/index.js';
import { messageOf } from '../output.js';
import {
  type Check,
  CHECK_TIMEOUT_MS,
  type CheckedFinding,
  type Database,
  type Finding,
  ok,
  problem,
  runChecksUntilTimeout,
  warning,
} from './check.js';
import { databaseChecks } from './database-checks.js';
import { endedPostgres, restartAdvice } from './ended-postgres.js';
import { schema, schemaChecks } from './schema-checks.js';

/** Timeout of closing connections: milliseconds. */
const CLOSE_LIMIT_MS = 2_000;

/**
 * Runs the checks of the database. After a timeout the remaining checks are skipped, and earlier findings are kept.
 *
 * @param replicas planned number of servers; undefined: the number running now
 * @param limitMs timeout of the connection and of each check: milliseconds
 */
export async function runDatabaseChecks(
  settings: Settings,
  replicas: number | undefined,
  limitMs = CHECK_TIMEOUT_MS,
): Promise<CheckedFinding[]> {
  const found = await findDatabase(settings);
  if (!('url' in found)) return [named(found)];
  try {
    // First: checks leave settings in shared sessions.
    if (await withDeadline(limitMs, () => areSessionsShared(found.url))) return sharedSessions();
  } catch (error) {
    return [named(await unreachable(error, settings, found.url))];
  }
  const options = dataSourceOptions(found.url);
  const extra = { ...(options.extra as object), query_timeout: limitMs };
  const dataSource = new DataSource({ ...options, extra });
  const session = withDeadline(limitMs, async () => {
    await dataSource.initialize();
    const runner = dataSource.createQueryRunner();
    return { runner, client: (await runner.connect()) as ClientBase };
  });
  try {
    const { client } = await session;
    const findings = await checkConnected({ settings, replicas, dataSource, client, ...found }, limitMs);
    return [named(ok('Connected to the database.')), ...findings];
  } catch (error) {
    return [named(await unreachable(error, settings, found.url))];
  } finally {
    const close = async (): Promise<void> => {
      await session.then(({ runner }) => runner.release()).catch(() => undefined);
      if (dataSource.isInitialized) await dataSource.destroy();
    };
    await withDeadline(CLOSE_LIMIT_MS, close).catch(() => undefined);
  }
}

/** Does not throw: failed checks are findings. */
async function checkConnected(database: Database, limitMs: number): Promise<CheckedFinding[]> {
  const { findings, timedOut } = await runChecksUntilTimeout(databaseChecks, database, limitMs);
  if (timedOut !== undefined)
    return [...findings, ...skippedAfterTimeout([...timedOut.left, schema, ...schemaChecks])];
  if (!(await isUpToDate(database, limitMs))) {
    const advice = 'Apply the migrations, and run doctor again as a user with read access to the tables.';
    return [...findings, skipped([schema, ...schemaChecks], 'because they need all migrations', advice)];
  }
  const [complete] = (await runChecksUntilTimeout([schema], database, limitMs)).findings;
  if (complete === undefined || complete.level === 'problem') {
    const why = 'because the schema is incomplete';
    return [
      ...findings,
      ...(complete === undefined ? [] : [complete]),
      skipped(schemaChecks, why, 'Run doctor again when it is complete.'),
    ];
  }
  const further = await runChecksUntilTimeout(schemaChecks, database, limitMs);
  return [...findings, complete, ...further.findings, ...skippedAfterTimeout(further.timedOut?.left ?? [])];
}

function sharedSessions(): CheckedFinding[] {
  const { cause, advice } = new SharedSessionsError().fault;
  return [
    named(problem(cause, advice)),
    skipped([...databaseChecks, schema, ...schemaChecks], 'because they need a session', 'Run doctor again.'),
  ];
}

/** If this fails, the check of migrations has reported the reason. */
async function isUpToDate({ dataSource }: Database, limitMs: number): Promise<boolean> {
  try {
    return (await withDeadline(limitMs, () => migrationState(dataSource))).pending.length === 0;
  } catch {
    return false;
  }
}

function skippedAfterTimeout(checks: readonly Check<Database>[]): CheckedFinding[] {
  if (checks.length === 0) return [];
  return [skipped(checks, 'because the database does not respond', 'Run doctor again when it responds.')];
}

function skipped(checks: readonly Check<Database>[], why: string, advice: string): CheckedFinding {
  const names = checks.map(({ name }) => name).join(', ');
  return { check: 'skipped', ...warning(`Skipped, ${why}: ${names}.`, advice) };
}

/** The database of `DATABASE_URL`, or the embedded PostgreSQL if it is running. Never starts it. */
async function findDatabase(
  settings: Settings,
): Promise<{ url: string; cluster: string | undefined } | Finding> {
  if (settings.DATABASE_URL !== undefined) return { url: settings.DATABASE_URL, cluster: undefined };
  const advice = 'Start the server and run doctor again, or set DATABASE_URL.';
  try {
    const found = await withDeadline(CHECK_TIMEOUT_MS, () => findEmbeddedPostgres(settings.DATA_DIR));
    if (found === undefined) {
      return warning(
        'There is no database yet: DATABASE_URL is not set, and DATA_DIR has no embedded PostgreSQL.',
        advice,
      );
    }
    if (found.url !== undefined) return { url: found.url, cluster: found.cluster };
    const ended = await withDeadline(CHECK_TIMEOUT_MS, () => endedPostgres(settings));
    if (ended !== undefined) {
      return problem(
        `The embedded PostgreSQL in ${ended.cluster} has ended while its server runs.`,
        restartAdvice(ended),
      );
    }
    return warning(
      `The embedded PostgreSQL in ${found.cluster} is not running, so it was not checked.`,
      advice,
    );
  } catch (error) {
    return problem(
      `Cannot look for the embedded PostgreSQL: ${messageOf(error)}`,
      'Run doctor as the user of the server.',
    );
  }
}

async function unreachable(error: unknown, { DATABASE_URL }: Settings, url: string): Promise<Finding> {
  if (hasSqlState(error, SqlState.UndefinedDatabase)) return await missingDatabase(url);
  const fault = connectionFault(error, url);
  const isEmbedded = DATABASE_URL === undefined;
  return problem(
    fault?.cause ?? `Cannot connect to the database: ${messageOf(error)}.`,
    isEmbedded ? 'See postgres.log in DATA_DIR.' : (fault?.advice ?? 'Read the log of PostgreSQL.'),
  );
}

async function missingDatabase(url: string): Promise<Finding> {
  const address = postgresAddress(url);
  const found = `The database ${address.database} does not exist yet`;
  // The database postgres may be closed to this user.
  const may = await mayCreateDatabase(url).catch(() => false);
  if (may) return warning(`${found}.`, 'The server or tetcore-analytics migrate creates it.');
  return problem(
    `${found}, and the user ${address.user ?? ''} may not create it.`,
    createDatabaseAdvice(address),
  );
}

function named(finding: Finding): CheckedFinding {
  return { check: 'database', ...finding };
}
