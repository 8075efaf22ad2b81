import type { QueryRunner } from 'typeorm';
import { MESSAGE_TYPES, typeNameSql } from '../storage/schema/index.js';

/**
 * Fills `message_types`, and makes the view that gives types by their names. A migration that adds types calls it again,
 * with the last of them.
 *
 * @param last the number of the last type to be known: types that came later have migrations of their own
 */
export async function keepMessageTypes(runner: QueryRunner, last: number): Promise<void> {
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
