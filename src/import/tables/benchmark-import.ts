import type { ClientBase } from 'pg';
import type { Skipped, SkipReason } from '../import-report.js';
import type { ImportWorker } from '../import-worker.js';
import type { IdRange } from '../source/id-ranges.js';
import type { SourceTable } from '../source/inspect-source.js';
import type { ImportLedger, RangeResult } from '../target/import-ledger.js';
import { TableImport } from './table-import.js';

/** A column with its type in the target. */
interface BenchmarkColumn {
  name: string;
  type: 'text' | 'integer' | 'bigint' | 'timestamptz' | 'jsonb';
  /** Its name in the source. NULL is imported if the source lacks it. */
  old: string;
}

type BenchmarkRow = Record<string, string | number | null> & { id: number };

/** Times that the tables of the target accept. */
const IN_YEARS = "BETWEEN '0001-01-01 00:00:00' AND '9999-12-31 23:59:59.999999'";

/**
 * Imports tables that users have written, which have few rows. Rows keep their ids if these are free in the target;
 * otherwise they get new ids, and references are updated.
 */
abstract class BenchmarkTableImport extends TableImport {
  /** The table is locked while a range is written. */
  override readonly parallel = false;
  protected abstract readonly columns: readonly BenchmarkColumn[];

  constructor(
    private readonly old: SourceTable,
    ledger: ImportLedger,
  ) {
    super(old.name, ledger);
  }

  /** Updates references to other tables. Rows that cannot be imported are removed, with their reason. */
  protected abstract prepare(
    target: ClientBase,
    rows: BenchmarkRow[],
  ): Promise<{ rows: BenchmarkRow[]; skipped: readonly SkipReason[] }>;

  protected override async importRange(worker: ImportWorker, range: IdRange): Promise<RangeResult> {
    const { target } = worker;
    const found = await this.read(worker.source, range);
    return await this.ledger.transaction(target, async () => {
      const { rows, skipped } = await this.prepare(target, found);
      if (rows.length > 0) await this.write(target, rows, await this.highestId(worker.source));
      const outcome = { imported: rows.length, skipped: countsOf(skipped) };
      await this.ledger.record(target, this.table, range, outcome);
      return outcome;
    });
  }

  /** Reads jsonb and times as text, without loss of precision. */
  private async read(source: ClientBase, range: IdRange): Promise<BenchmarkRow[]> {
    const columns = this.columns.map(({ name, type, old }) => {
      const column = this.old.columns.has(old) ? old : 'NULL';
      if (type === 'integer' || type === 'bigint') return `${column}::float8 AS ${name}`;
      if (type !== 'timestamptz') return `${column}::text AS ${name}`;
      return `CASE WHEN ${column}::timestamp ${IN_YEARS} THEN ${column}::timestamp::text END AS ${name}`;
    });
    const { rows } = await source.query<BenchmarkRow>(
      `SELECT id::float8 AS id, ${columns.join(', ')} FROM ${this.table} WHERE id BETWEEN $1 AND $2 ORDER BY id`,
      [range.first, range.last],
    );
    return rows;
  }

  private async highestId(source: ClientBase): Promise<number> {
    const { rows } = await source.query<{ id: number }>(`SELECT max(id)::float8 AS id FROM ${this.table}`);
    return rows[0]?.id ?? 0;
  }

  private async write(target: ClientBase, rows: readonly BenchmarkRow[], highest: number): Promise<void> {
    const ids = await this.assignIds(
      target,
      rows.map(({ id }) => id),
      highest,
    );
    const names = this.columns.map(({ name }) => name);
    const record = this.columns.map(({ name, type }) => `${name} ${type === 'jsonb' ? 'text' : type}`);
    const values = this.columns.map(({ name, type }) => this.targetValue(name, type));
    await target.query(
      `INSERT INTO ${this.table} (id, ${names.join(', ')})
       SELECT id, ${values.join(', ')} FROM json_to_recordset($1::json) AS old (id bigint, ${record.join(', ')})`,
      [JSON.stringify(rows.map((row) => ({ ...row, id: ids.get(row.id) })))],
    );
    await this.ledger.recordIds(target, this.table, ids);
  }

  /** SQL that converts a value for the target. */
  protected targetValue(name: string, type: BenchmarkColumn['type']): string {
    return type === 'jsonb' ? `${name}::jsonb` : name;
  }

  /** Maps source ids to target ids. Concurrent inserts wait, and get ids above all ids of the source. */
  private async assignIds(
    target: ClientBase,
    old: readonly number[],
    highest: number,
  ): Promise<Map<number, number>> {
    const { table } = this;
    await target.query(`LOCK TABLE ${table} IN SHARE ROW EXCLUSIVE MODE`);
    await target.query(`SELECT setval('${table}_id_seq', greatest(last_value, $1)) FROM ${table}_id_seq`, [
      highest,
    ]);
    const { rows } = await target.query<{ old: number; id: number }>(
      `SELECT old::float8 AS old,
              CASE WHEN EXISTS (SELECT 1 FROM ${table} WHERE id = old)
                   THEN nextval('${table}_id_seq') ELSE old END::float8 AS id
         FROM unnest($1::bigint[]) AS old`,
      [old],
    );
    return new Map(rows.map((row) => [row.old, row.id]));
  }
}

function countsOf(reasons: readonly SkipReason[]): Skipped {
  const counts: Skipped = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}

const column = (name: string, type: BenchmarkColumn['type'], old = name): BenchmarkColumn => ({
  name,
  type,
  old,
});

export class HostSystemImport extends BenchmarkTableImport {
  protected override readonly columns = [
    column('description', 'text'),
    column('os', 'text'),
    column('cpu_qty', 'integer'),
    column('cpu_clock', 'integer'),
    column('ram_mb', 'integer'),
    column('disk_info', 'text'),
  ];

  protected override targetValue(name: string, type: BenchmarkColumn['type']): string {
    return name === 'description' ? "coalesce(description, '')" : super.targetValue(name, type);
  }

  protected override prepare(_target: ClientBase, rows: BenchmarkRow[]) {
    return Promise.resolve({ rows, skipped: [] });
  }
}

/** Supports the columns of 0.1.4 (`setup`) and of earlier versions. */
export class BenchmarkImport extends BenchmarkTableImport {
  protected override readonly columns = [
    column('created_at', 'timestamptz'),
    column('description', 'text'),
    column('ts_start', 'timestamptz'),
    column('ts_end', 'timestamptz'),
    column('host_system_id', 'bigint'),
    column('benchmark_spec', 'jsonb'),
    column('chain_spec', 'jsonb'),
    column('setup', 'jsonb'),
  ];

  protected override targetValue(name: string, type: BenchmarkColumn['type']): string {
    switch (name) {
      case 'created_at':
        return 'coalesce(created_at, ts_start, now())';
      case 'description':
        return "coalesce(description, '')";
      case 'ts_end':
        // If they were not set, both have the time of the insert.
        return 'CASE WHEN ts_end > ts_start OR ts_start IS NULL THEN ts_end END';
      case 'benchmark_spec':
        return "CASE WHEN setup IS NULL THEN coalesce(benchmark_spec, '{}')::jsonb ELSE benchmark_spec::jsonb END";
      default:
        return super.targetValue(name, type);
    }
  }

  protected override async prepare(target: ClientBase, rows: BenchmarkRow[]) {
    const systems = rows.flatMap(({ host_system_id: id }) => (typeof id === 'number' ? [id] : []));
    const ids = await this.ledger.newIds(target, 'host_systems', systems);
    const rewritten = rows.map((row) => {
      const { host_system_id: old } = row;
      return { ...row, host_system_id: typeof old === 'number' ? (ids.get(old) ?? null) : null };
    });
    return { rows: rewritten, skipped: [] };
  }
}

export class BenchmarkEventImport extends BenchmarkTableImport {
  protected override readonly columns = [
    column('benchmark_id', 'bigint'),
    column('name', 'text'),
    column('phase', 'text'),
    column('created_at', 'timestamptz'),
  ];

  protected override async prepare(target: ClientBase, rows: BenchmarkRow[]) {
    const ids = await this.ledger.newIds(
      target,
      'benchmarks',
      rows.map((row) => Number(row.benchmark_id)),
    );
    const kept: BenchmarkRow[] = [];
    const skipped: SkipReason[] = [];
    for (const row of rows) {
      const benchmark = ids.get(Number(row.benchmark_id));
      if (benchmark === undefined) skipped.push('no_benchmark');
      else if (row.phase !== 'start' && row.phase !== 'end') skipped.push('phase');
      else if (row.created_at === null) skipped.push('out_of_range');
      else kept.push({ ...row, benchmark_id: benchmark });
    }
    return { rows: kept, skipped };
  }
}
