import type { MigrationInterface, QueryRunner } from 'typeorm';
import { replicate } from './helpers.js';

const TABLES = ['node_statuses', 'node_status_pass'];

/** The statuses of connected nodes, as one server process determines them. */
export class CreateStatusTables1764500000000 implements MigrationInterface {
  readonly name = 'CreateStatusTables1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE node_statuses (
        connection_id bigint PRIMARY KEY,
        since timestamptz NOT NULL,
        changed_at timestamptz NOT NULL,
        status text NOT NULL,
        clock_wrong boolean NOT NULL
      )`);
    await runner.query('CREATE INDEX node_statuses_changed_at ON node_statuses (changed_at)');
    await runner.query(`
      CREATE TABLE node_status_pass (
        id boolean PRIMARY KEY DEFAULT true CHECK (id),
        owner uuid,
        passed_at timestamptz
      )`);
    for (const table of TABLES) await replicate(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`DROP TABLE ${TABLES.join(', ')}`);
  }
}
