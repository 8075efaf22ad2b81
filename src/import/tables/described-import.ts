import type { ClientBase } from 'pg';
import type { IdRange } from '../id-ranges.js';
import type { LeftOut, LeftOutReason } from '../import-report.js';
import type { Lane } from '../lane.js';
import type { SourceTable } from '../source/source-tables.js';
import type { ImportLedger, Outcome } from '../target/import-ledger.js';
import { TableImport } from './table-import.js';

/** A column: what it is read by, and what type it has here. */
export interface DescribedColumn {
  name: string;
  type: 'text' | 'integer' | 'bigint' | 'timestamptz' | 'jsonb';
  /** Whether it is one of the source's where that has it; else NULL. */
  old: string;
}

export type DescribedRow = Record<string, string | number | null> & { id: number };

/** What answers can say of a time, as a condition of the tables here has it. */
const IN_YEARS = "BETWEEN '0001-01-01 00:00:00' AND '9999-12-31 23:59:59.999999'";

/**
 * Brings over what people have written: few rows. Ids stay where they are free here, since people know them; others
 * get a new one, and what refers to them does so by that.
 */
export abstract class DescribedImport extends TableImport {
  /** The table is locked while a range is written. */
  override readonly parallel = false;
  protected abstract readonly columns: readonly DescribedColumn[];

  constructor(
    private readonly old: SourceTable,
    ledger: ImportLedger,
  ) {
    super(old.name, ledger);
  }

  /** Rewrites what refers to other tables. Rows that cannot be brought are taken out, and their reason is given. */
  protected abstract prepare(
    target: ClientBase,
    rows: DescribedRow[],
  ): Promise<{ rows: DescribedRow[]; leftOut: readonly LeftOutReason[] }>;

  protected override async bring(lane: Lane, range: IdRange): Promise<Outcome> {
    const { target } = lane;
    const found = await this.read(lane.source, range);
    return await this.ledger.transaction(target, async () => {
      const { rows, leftOut } = await this.prepare(target, found);
      if (rows.length > 0) await this.write(target, rows, await this.highestId(lane.source));
      const outcome = { imported: rows.length, leftOut: countsOf(leftOut) };
      await this.ledger.note(target, this.table, range, outcome);
      return outcome;
    });
  }

  /** jsonb and times as texts, so that nothing of them is lost. */
  private async read(source: ClientBase, range: IdRange): Promise<DescribedRow[]> {
    const columns = this.columns.map(({ name, type, old }) => {
      const column = this.old.columns.has(old) ? old : 'NULL';
      if (type === 'integer' || type === 'bigint') return `${column}::float8 AS ${name}`;
      if (type !== 'timestamptz') return `${column}::text AS ${name}`;
      return `CASE WHEN ${column}::timestamp ${IN_YEARS} THEN ${column}::timestamp::text END AS ${name}`;
    });
    const { rows } = await source.query<DescribedRow>(
      `SELECT id::float8 AS id, ${columns.join(', ')} FROM ${this.table} WHERE id BETWEEN $1 AND $2 ORDER BY id`,
      [range.first, range.last],
    );
    return rows;
  }

  private async highestId(source: ClientBase): Promise<number> {
    const { rows } = await source.query<{ id: number }>(`SELECT max(id)::float8 AS id FROM ${this.table}`);
    return rows[0]?.id ?? 0;
  }

  private async write(target: ClientBase, rows: readonly DescribedRow[], highest: number): Promise<void> {
    const ids = await this.placeFor(
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
    await this.ledger.noteIds(target, this.table, ids);
  }

  /** How a value becomes that of the table here. */
  protected targetValue(name: string, type: DescribedColumn['type']): string {
    return type === 'jsonb' ? `${name}::jsonb` : name;
  }

  /** Old ids and the ones they get. Whoever adds rows meanwhile waits, and gets ids beyond all of the source. */
  private async placeFor(
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

function countsOf(reasons: readonly LeftOutReason[]): LeftOut {
  const counts: LeftOut = {};
  for (const reason of reasons) counts[reason] = (counts[reason] ?? 0) + 1;
  return counts;
}
