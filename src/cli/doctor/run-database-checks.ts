import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { findEmbeddedPostgres } from '../../embedded-postgres/index.js';
import type { Settings } from '../../platform/config/index.js';
import { withDeadline } from '../../platform/async/index.js';
import { dataSourceOptions, hasSqlState, migrationState, SqlState } from '../../storage/index.js';
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
import { schemaChecks } from './schema-checks.js';

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
    return [named(unreachable(error, settings))];
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
    return [...findings, ...skippedAfterTimeout([...timedOut.left, ...schemaChecks])];
  if (!(await isUpToDate(database, limitMs))) {
    const advice = 'Apply the migrations, and run doctor again as a user with read access to the tables.';
    return [...findings, skipped(schemaChecks, 'because they need all migrations', advice)];
  }
  const further = await runChecksUntilTimeout(schemaChecks, database, limitMs);
  return [...findings, ...further.findings, ...skippedAfterTimeout(further.timedOut?.left ?? [])];
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

function unreachable(error: unknown, { DATABASE_URL }: Settings): Finding {
  if (hasSqlState(error, SqlState.UndefinedDatabase)) {
    return warning('The database does not exist yet.', 'The server or tetcore-analytics migrate creates it.');
  }
  return problem(
    `Cannot connect to the database: ${messageOf(error)}`,
    DATABASE_URL === undefined
      ? 'See postgres.log in DATA_DIR.'
      : 'Check host, port, user and password in DATABASE_URL, and whether PostgreSQL is running and accepts connections.',
  );
}

function named(finding: Finding): CheckedFinding {
  return { check: 'database', ...finding };
}
