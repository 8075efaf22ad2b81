import type { QueryRunner } from 'typeorm';

/** Spreads the tables over the workers of a Citus cluster; does nothing on plain PostgreSQL. */
export async function distribute(runner: QueryRunner): Promise<void> {
  if (!(await isCitus(runner))) return;
  await runner.query("SELECT create_distributed_table('logs_expiring', 'peer_connection_id')");
  await runner.query(
    "SELECT create_distributed_table('logs_audit', 'peer_connection_id', colocate_with => 'logs_expiring')",
  );
  await runner.query(
    "SELECT create_distributed_table('peer_connections', 'id', colocate_with => 'logs_expiring')",
  );
  await runner.query("SELECT create_distributed_table('ingest_batches', 'id', colocate_with => 'none')");
  // Written by every replica, whichever node of the cluster it is connected to.
  await replicate(runner, 'collectors');
}

/** Gives every worker of a Citus cluster a copy of a small table; does nothing on plain PostgreSQL. */
export async function replicate(runner: QueryRunner, table: string): Promise<void> {
  if (await isCitus(runner)) await runner.query('SELECT create_reference_table($1::text::regclass)', [table]);
}

async function isCitus(runner: QueryRunner): Promise<boolean> {
  const found = (await runner.query("SELECT 1 FROM pg_extension WHERE extname = 'citus'")) as unknown[];
  return found.length > 0;
}
