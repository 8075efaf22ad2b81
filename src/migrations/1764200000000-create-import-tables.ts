import type { MigrationInterface, QueryRunner } from 'typeorm';
import { replicate } from './helpers.js';

/** The progress of imports of databases of 0.1.4. Few rows, which only the import reads. */
export class CreateImportTables1764200000000 implements MigrationInterface {
  // As recorded in databases since before the class was renamed.
  readonly name = 'KeepImports1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE imports (
        source uuid PRIMARY KEY,
        run uuid NOT NULL,
        begun_at timestamptz NOT NULL DEFAULT now()
      )`);
    await replicate(runner, 'imports');
    await runner.query(`
      CREATE TABLE import_ranges (
        source uuid NOT NULL,
        table_name text NOT NULL,
        first_id bigint NOT NULL,
        last_id bigint NOT NULL,
        imported bigint NOT NULL,
        left_out jsonb NOT NULL,
        expiring jsonb NOT NULL,
        fingerprints jsonb NOT NULL,
        stored_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (source, table_name, first_id)
      )`);
    await replicate(runner, 'import_ranges');
    await runner.query(`
      CREATE TABLE import_ids (
        source uuid NOT NULL,
        table_name text NOT NULL,
        old_id bigint NOT NULL,
        new_id bigint NOT NULL,
        PRIMARY KEY (source, table_name, old_id)
      )`);
    await replicate(runner, 'import_ids');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE import_ids, import_ranges, imports');
  }
}
