import { DataSource, type DataSourceOptions } from 'typeorm';
import { type Migration, migrationOptions, MIGRATIONS_TABLE } from '../../connections/data-source-options.js';
import { migrations as own } from '../../../migrations/index.js';
import { underMigrationLock } from './migration-lock.js';

/**
 * Brings the schema up to date: by our own migrations, and then by those of a team, whenever they were made. Replicas that start at once take turns, and wait for as long as it takes.
 *
 * @param dataSource whose migrations they are; they run on connections without its limit on time
 * @returns the names of the migrations that were applied
 */
export async function migrate(url: string, dataSource: DataSource): Promise<string[]> {
  return await underMigrationLock(url, async () => {
    const options = migrationOptions(dataSource.options);
    const all = Object.values(options.migrations ?? {}) as Migration[];
    const first = all.filter((migration) => (own as readonly Migration[]).includes(migration));
    const applied = await apply({ ...options, migrations: first });
    if (all.length > first.length) applied.push(...(await apply(options)));
    return applied;
  });
}

/** Those that are missing, in the order of the times in their names. */
async function apply(options: DataSourceOptions): Promise<string[]> {
  const migrator = await new DataSource(options).initialize();
  try {
    const applied = await migrator.runMigrations({ transaction: 'each' });
    return applied.map((migration) => migration.name);
  } finally {
    await migrator.destroy();
  }
}

/** Names of migrations, oldest first. */
export interface MigrationState {
  /** That the database lacks. */
  pending: string[];
  /** That the database has, and this version does not know: a later one has been here. */
  unknown: string[];
}

/** Whether migrations are missing. Changes nothing. */
export async function pendingMigrations(dataSource: DataSource): Promise<boolean> {
  return (await migrationState(dataSource)).pending.length > 0;
}

/** How the schema stands to the migrations of a data source. Changes nothing. */
export async function migrationState(dataSource: DataSource): Promise<MigrationState> {
  const names = dataSource.migrations.map((migration) => migration.name ?? '');
  const runner = dataSource.createQueryRunner();
  try {
    const table = (await runner.query('SELECT to_regclass($1) AS name', [MIGRATIONS_TABLE])) as {
      name: string | null;
    }[];
    if (table[0]?.name === null) return { pending: names, unknown: [] };
    const rows = (await runner.query(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`)) as {
      name: string;
    }[];
    const done = rows.map((row) => row.name);
    return {
      pending: names.filter((name) => !done.includes(name)),
      unknown: done.filter((name) => !names.includes(name)),
    };
  } finally {
    await runner.release();
  }
}
