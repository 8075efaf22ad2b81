import pg, { type ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import { schemaVersion } from '../../../migrations/index.js';
import { PACKAGE_VERSION } from '../../../platform/config/index.js';
import { MIGRATIONS_TABLE } from '../../connections/data-source-options.js';
import { UnsupportedDatabaseError } from './ensure-database.js';

/** What the last version that migrated the database has recorded, as JSON in the comment of the table of migrations. */
export interface RecordedVersion {
  /** Of the package. */
  version: string;
  /** Timestamps of migrations: of the last one, and of the one that a server must know to run on this schema. */
  newest: number;
  compatibleSince: number;
}

/** The schema of a later version than this one. */
export interface LaterSchema {
  /** Version of the package that migrated the database. */
  version: string;
  /** Whether this version can run on it. */
  isCompatible: boolean;
}

/** A later version has migrated the database, and this one cannot run on it. */
export class LaterSchemaError extends UnsupportedDatabaseError {
  override readonly name = 'LaterSchemaError';

  constructor({ version }: LaterSchema) {
    super(
      `has the schema of version ${version}, on which this version ${PACKAGE_VERSION} cannot run`,
      `Run version ${version}, or restore a backup from before the upgrade: docs/operations.md#upgrading`,
    );
  }
}

/** @returns undefined if this version or an earlier one has migrated the database */
export async function laterSchema(dataSource: DataSource): Promise<LaterSchema | undefined> {
  const recorded = await recordedVersion(dataSource);
  if (recorded === undefined || recorded.newest <= schemaVersion.newest) return undefined;
  return { version: recorded.version, isCompatible: recorded.compatibleSince <= schemaVersion.newest };
}

/**
 * @returns the schema if it is of a later version, with which this one can run
 * @throws LaterSchemaError
 */
export async function rejectLaterSchema(dataSource: DataSource): Promise<LaterSchema | undefined> {
  const later = await laterSchema(dataSource);
  if (later?.isCompatible === false) throw new LaterSchemaError(later);
  return later;
}

/**
 * Records this version after its migrations, unless a later one is recorded.
 *
 * @param client of the owner of the tables
 */
export async function recordVersion(dataSource: DataSource, client: ClientBase): Promise<void> {
  const recorded = await recordedVersion(dataSource);
  if (recorded !== undefined && recorded.newest >= schemaVersion.newest) return;
  const text = JSON.stringify({ version: PACKAGE_VERSION, ...schemaVersion } satisfies RecordedVersion);
  await client.query(`COMMENT ON TABLE ${MIGRATIONS_TABLE} IS ${pg.escapeLiteral(text)}`);
}

async function recordedVersion(dataSource: DataSource): Promise<RecordedVersion | undefined> {
  const rows = await dataSource.query<{ text: string | null }[]>(
    "SELECT obj_description(to_regclass($1), 'pg_class') AS text",
    [MIGRATIONS_TABLE],
  );
  try {
    const { version, newest, compatibleSince } = JSON.parse(rows[0]?.text ?? '') as Partial<RecordedVersion>;
    if (typeof version !== 'string' || typeof newest !== 'number' || typeof compatibleSince !== 'number')
      return undefined;
    return { version, newest, compatibleSince };
  } catch {
    // An operator's own comment.
    return undefined;
  }
}
