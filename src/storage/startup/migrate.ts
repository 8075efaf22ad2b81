import type { DataSource } from 'typeorm';
import { withConnection } from './ensure-database.js';

/** Any number that nobody else takes: "migr" in ASCII. */
const MIGRATION_LOCK = 0x6d696772;

/**
 * Brings the schema up to date. Replicas that start at once take turns.
 *
 * @returns the names of the migrations that were applied
 */
export async function migrate(url: string, dataSource: DataSource): Promise<string[]> {
  return await withConnection(url, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const applied = await dataSource.runMigrations({ transaction: 'each' });
    return applied.map((migration) => migration.name);
  });
}

/** Whether migrations are missing. Changes nothing. */
export async function pendingMigrations(dataSource: DataSource): Promise<boolean> {
  const runner = dataSource.createQueryRunner();
  try {
    const table = (await runner.query('SELECT to_regclass($1) AS name', [MIGRATIONS_TABLE])) as {
      name: string | null;
    }[];
    if (table[0]?.name === null) return true;
    const rows = (await runner.query(`SELECT name FROM ${MIGRATIONS_TABLE}`)) as { name: string }[];
    const done = new Set(rows.map((row) => row.name));
    return dataSource.migrations.some((migration) => !done.has(migration.name ?? ''));
  } finally {
    await runner.release();
  }
}

export const MIGRATIONS_TABLE = 'schema_migrations';
