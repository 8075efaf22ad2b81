import { DataSource } from 'typeorm';
import { migrationOptions, MIGRATIONS_TABLE } from '../data-source-options.js';
import { prepareSession, readerSettings } from '../session/session-settings.js';
import { CONNECT_TIMEOUT_MS, withConnection } from './with-connection.js';

/** Any number that nobody else takes: "migr" in ASCII. */
const MIGRATION_LOCK = 0x6d696772;

/**
 * Brings the schema up to date. Replicas that start at once take turns, and wait for as long as it takes.
 *
 * @param dataSource whose migrations they are; they run on connections without its limit on time
 * @returns the names of the migrations that were applied
 */
export async function migrate(url: string, dataSource: DataSource): Promise<string[]> {
  return await withConnection(url, async (client) => {
    await prepareSession(client, readerSettings(0), CONNECT_TIMEOUT_MS);
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    const migrator = await new DataSource(migrationOptions(dataSource.options)).initialize();
    try {
      const applied = await migrator.runMigrations({ transaction: 'each' });
      return applied.map((migration) => migration.name);
    } finally {
      await migrator.destroy();
    }
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
