import type { QueryRunner } from 'typeorm';

/**
 * Spreads the tables over the workers of a Citus cluster, all that a batch writes on the same one; does nothing on
 * plain PostgreSQL.
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
  // Read or written by every replica, whichever node of the cluster it is connected to.
  for (const table of ['collectors', 'message_types', 'purge_state']) await replicate(runner, table);
}

/** Gives every worker of a Citus cluster a copy of a small table; does nothing on plain PostgreSQL. */
export async function replicate(runner: QueryRunner, table: string): Promise<void> {
  if (await isCitus(runner)) await runner.query('SELECT create_reference_table($1::text::regclass)', [table]);
}

async function isCitus(runner: QueryRunner): Promise<boolean> {
  const found = (await runner.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'")) as unknown[];
  return found.length > 0;
}
