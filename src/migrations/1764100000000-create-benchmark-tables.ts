import type { MigrationInterface, QueryRunner } from 'typeorm';
import { replicate } from './helpers.js';

/** Responses have years of four digits. */
const IN_YEARS = "BETWEEN '0001-01-01 00:00:00+00' AND '9999-12-31 23:59:59.999999+00'";

/** Benchmarks of a node on a host system, and their events: few rows, written by users. */
export class CreateBenchmarkTables1764100000000 implements MigrationInterface {
  // As recorded in databases since before the class was renamed.
  readonly name = 'KeepBenchmarks1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    // On Citus each becomes a reference table before the next one references it.
    await runner.query(`
      CREATE TABLE host_systems (
        id bigserial PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        description text NOT NULL DEFAULT '',
        os text,
        cpu_qty integer,
        cpu_clock integer,
        ram_mb integer,
        disk_info text,
        cpu_name text,
        arch text,
        distro text,
        kernel text,
        is_virtual_machine boolean,
        peer_id text,
        details jsonb
      )`);
    await replicate(runner, 'host_systems');
    await runner.query(`
      CREATE TABLE benchmarks (
        id bigserial PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        description text NOT NULL DEFAULT '',
        ts_start timestamptz CONSTRAINT benchmarks_ts_start CHECK (ts_start ${IN_YEARS}),
        ts_end timestamptz CONSTRAINT benchmarks_ts_end CHECK (ts_end ${IN_YEARS}),
        host_system_id bigint CONSTRAINT benchmarks_host_system REFERENCES host_systems,
        benchmark_spec jsonb,
        chain_spec jsonb,
        setup jsonb,
        CONSTRAINT benchmarks_times CHECK (ts_end > ts_start),
        CONSTRAINT benchmarks_subject CHECK (benchmark_spec IS NOT NULL OR setup IS NOT NULL)
      )`);
    await runner.query('CREATE INDEX benchmarks_host_system_id ON benchmarks (host_system_id)');
    await replicate(runner, 'benchmarks');
    await runner.query(`
      CREATE TABLE benchmark_events (
        id bigserial PRIMARY KEY,
        benchmark_id bigint NOT NULL
          CONSTRAINT benchmark_events_benchmark REFERENCES benchmarks ON DELETE CASCADE,
        name text NOT NULL,
        phase text NOT NULL CONSTRAINT benchmark_events_phase CHECK (phase IN ('start', 'end')),
        created_at timestamptz NOT NULL DEFAULT now()
          CONSTRAINT benchmark_events_created_at CHECK (created_at ${IN_YEARS})
      )`);
    await runner.query(
      'CREATE INDEX benchmark_events_benchmark_created_at ON benchmark_events (benchmark_id, created_at)',
    );
    await replicate(runner, 'benchmark_events');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE benchmark_events');
    await runner.query('DROP TABLE benchmarks');
    await runner.query('DROP TABLE host_systems');
  }
}
