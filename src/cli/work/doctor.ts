import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { ClientBase } from 'pg';
import type { Settings } from '../../config/index.js';
import { findEmbeddedPostgres } from '../../embedded-postgres/index.js';
import { dataSourceOptions, hasSqlState, migrationState, SqlState } from '../../storage/index.js';
import { type CheckedFinding, type Database, examine } from '../doctor/check.js';
import { databaseChecks, machineChecks, schemaChecks } from '../doctor/checks.js';
import { checkSettings } from '../doctor/checks/settings.js';
import { type Finding, ok, problem, warning } from '../doctor/finding.js';
import { reasonOf } from '../output.js';
import { report } from '../doctor/report.js';

export interface DoctorOptions {
  /** Whether to print JSON. */
  json: boolean;
  /** How many servers there are to be on the database; undefined: as many as run. */
  replicas: number | undefined;
}

/**
 * Makes all checks that can be made, and prints what they found.
 *
 * @returns the exit code: 1 where there is a problem
 */
export async function runDoctor({ json, replicas }: DoctorOptions): Promise<number> {
  Logger.overrideLogger(false);
  const { settings, findings } = await checkSettings();
  const all = findings.map((finding) => ({ check: 'settings', ...finding }));
  if (settings !== undefined) {
    all.push(...(await examine(machineChecks, { settings })));
    all.push(...(await examineDatabase(settings, replicas)));
  }
  report(all, json);
  return all.some(({ level }) => level === 'problem') ? 1 : 0;
}

async function examineDatabase(settings: Settings, replicas: number | undefined): Promise<CheckedFinding[]> {
  const found = await findDatabase(settings);
  if (!('url' in found)) return [named(found)];
  try {
    const dataSource = await new DataSource(dataSourceOptions(found.url)).initialize();
    try {
      await using runner = dataSource.createQueryRunner();
      const client = (await runner.connect()) as ClientBase;
      return [
        named(ok('The database answers.')),
        ...(await examineConnected({ settings, replicas, dataSource, client, ...found })),
      ];
    } finally {
      await dataSource.destroy();
    }
  } catch (error) {
    return [named(unreachable(error, settings))];
  }
}

async function examineConnected(database: Database): Promise<CheckedFinding[]> {
  const findings = await examine(databaseChecks, database);
  const { pending } = await migrationState(database.dataSource);
  if (pending.length === 0) findings.push(...(await examine(schemaChecks, database)));
  return findings;
}

/** That of `DATABASE_URL`, or that of the server here, which is not started. */
async function findDatabase(
  settings: Settings,
): Promise<{ url: string; cluster: string | undefined } | Finding> {
  if (settings.DATABASE_URL !== undefined) return { url: settings.DATABASE_URL, cluster: undefined };
  const advice = 'Start the server and run doctor again, or set DATABASE_URL.';
  try {
    const found = await findEmbeddedPostgres(settings.DATA_DIR);
    if (found === undefined) {
      return warning(
        'There is no database yet: DATABASE_URL is not set, and no server has run here.',
        advice,
      );
    }
    if (found.url !== undefined) return { url: found.url, cluster: found.cluster };
    return warning(
      `The server's own PostgreSQL in ${found.cluster} does not run, so nothing of it was looked at.`,
      advice,
    );
  } catch (error) {
    return problem(
      `The server's own PostgreSQL cannot be looked for: ${reasonOf(error)}`,
      'Run doctor as the user of the server.',
    );
  }
}

function unreachable(error: unknown, { DATABASE_URL }: Settings): Finding {
  if (hasSqlState(error, SqlState.UndefinedDatabase)) {
    return warning(
      'The database does not exist yet.',
      'The server, or tetcore-analytics migrate, creates it.',
    );
  }
  return problem(
    `The database does not answer: ${reasonOf(error)}`,
    DATABASE_URL === undefined
      ? 'See postgres.log in DATA_DIR.'
      : 'Check host, port, user and password of DATABASE_URL, and whether PostgreSQL runs and lets us in.',
  );
}

function named(finding: Finding): CheckedFinding {
  return { check: 'database', ...finding };
}
