import type { ClientBase } from 'pg';
import type { LeftOutReason } from '../import-report.js';
import { type DescribedColumn, DescribedImport, type DescribedRow } from './described-import.js';

const column = (name: string, type: DescribedColumn['type'], old = name): DescribedColumn => ({
  name,
  type,
  old,
});

export class HostSystemImport extends DescribedImport {
  protected override readonly columns = [
    column('description', 'text'),
    column('os', 'text'),
    column('cpu_qty', 'integer'),
    column('cpu_clock', 'integer'),
    column('ram_mb', 'integer'),
    column('disk_info', 'text'),
  ];

  protected override targetValue(name: string, type: DescribedColumn['type']): string {
    return name === 'description' ? "coalesce(description, '')" : super.targetValue(name, type);
  }

  protected override prepare(_target: ClientBase, rows: DescribedRow[]) {
    return Promise.resolve({ rows, leftOut: [] });
  }
}

/** In the form of 0.1.4 (`setup`), and in that of the versions before it. */
export class BenchmarkImport extends DescribedImport {
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

  protected override targetValue(name: string, type: DescribedColumn['type']): string {
    switch (name) {
      case 'created_at':
        return 'coalesce(created_at, ts_start, now())';
      case 'description':
        return "coalesce(description, '')";
      case 'ts_end':
        // Where nobody gave them, both are when the row was written.
        return 'CASE WHEN ts_end > ts_start OR ts_start IS NULL THEN ts_end END';
      case 'benchmark_spec':
        return "CASE WHEN setup IS NULL THEN coalesce(benchmark_spec, '{}')::jsonb ELSE benchmark_spec::jsonb END";
      default:
        return super.targetValue(name, type);
    }
  }

  protected override async prepare(target: ClientBase, rows: DescribedRow[]) {
    const systems = rows.flatMap(({ host_system_id: id }) => (typeof id === 'number' ? [id] : []));
    const ids = await this.ledger.newIds(target, 'host_systems', systems);
    const rewritten = rows.map((row) => {
      const { host_system_id: old } = row;
      return { ...row, host_system_id: typeof old === 'number' ? (ids.get(old) ?? null) : null };
    });
    return { rows: rewritten, leftOut: [] };
  }
}

export class BenchmarkEventImport extends DescribedImport {
  protected override readonly columns = [
    column('benchmark_id', 'bigint'),
    column('name', 'text'),
    column('phase', 'text'),
    column('created_at', 'timestamptz'),
  ];

  protected override async prepare(target: ClientBase, rows: DescribedRow[]) {
    const ids = await this.ledger.newIds(
      target,
      'benchmarks',
      rows.map((row) => Number(row.benchmark_id)),
    );
    const kept: DescribedRow[] = [];
    const leftOut: LeftOutReason[] = [];
    for (const row of rows) {
      const benchmark = ids.get(Number(row.benchmark_id));
      if (benchmark === undefined) leftOut.push('no_benchmark');
      else if (row.phase !== 'start' && row.phase !== 'end') leftOut.push('phase');
      else if (row.created_at === null) leftOut.push('out_of_range');
      else kept.push({ ...row, benchmark_id: benchmark });
    }
    return { rows: kept, leftOut };
  }
}
