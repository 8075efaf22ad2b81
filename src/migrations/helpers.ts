import type { QueryRunner } from 'typeorm';
import { MESSAGE_TYPES, typeNameSql } from '../storage/schema/index.js';

/**
 * Distributes the tables over the workers of a Citus cluster, so that all rows of a batch are on the same one. Does nothing
 * on plain PostgreSQL.
 */
export async function distribute(runner: QueryRunner): Promise<void> {
  if (!(await isCitus(runner))) return;
  await runner.query("SELECT create_distributed_table('logs_expiring', 'collector')");
  await runner.query(
    "SELECT create_distributed_table('logs_audit', 'collector', colocate_with => 'logs_expiring')",
  );
  for (const table of ['peer_connections', 'ingest_batches', 'rejected_messages']) {
    await runner.query(
      `SELECT create_distributed_table('${table}', 'collector', colocate_with => 'logs_expiring')`,
    );
  }
  // Read or written by every replica, on any node of the cluster.
  for (const table of ['collectors', 'message_types', 'purge_state']) await replicate(runner, table);
}

/** Copies a small table to every worker of a Citus cluster. Does nothing on plain PostgreSQL. */
export async function replicate(runner: QueryRunner, table: string): Promise<void> {
  if (await isCitus(runner)) await runner.query('SELECT create_reference_table($1::text::regclass)', [table]);
}

async function isCitus(runner: QueryRunner): Promise<boolean> {
  const found = (await runner.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'")) as unknown[];
  return found.length > 0;
}

/**
 * Fills `message_types`, and creates the view with the names of types. A migration that adds types calls it again.
 *
 * @param last the number of the last type of the migration
 */
export async function registerMessageTypes(runner: QueryRunner, last: number): Promise<void> {
  const types = MESSAGE_TYPES.filter(([, number]) => number <= last);
  await runner.query(
    `INSERT INTO message_types (id, name) SELECT * FROM unnest($1::smallint[], $2::text[])
     ON CONFLICT (id) DO NOTHING`,
    [types.map(([, number]) => number), types.map(([name]) => name)],
  );
  const columns = `id, created_at, logs, peer_connection_id, ${typeNameSql(last)} AS msg, received_at, stored_at`;
  await runner.query(`
    CREATE OR REPLACE VIEW tetcore_logs AS
      SELECT ${columns}, false AS audit, type, collector FROM logs_expiring
      UNION ALL
      SELECT ${columns}, true AS audit, type, collector FROM logs_audit`);
}
