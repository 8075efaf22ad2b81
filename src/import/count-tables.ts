import type { IdRange } from './id-ranges.js';
import type { TableReport } from './import-report.js';
import type { Lane } from './lane.js';
import type { ImportLedger } from './target/import-ledger.js';

/** A table of the source, with the ids that this run has gone through. */
export interface CountedTable {
  table: string;
  ids: IdRange | undefined;
}

/** Counts the rows of the source, and what became of them. */
export async function countTables(
  lane: Lane,
  ledger: ImportLedger,
  tables: readonly CountedTable[],
): Promise<TableReport[]> {
  const reports: TableReport[] = [];
  for (const { table, ids } of tables) {
    const { rows } = await lane.source.query<{ sourceRows: number; newer: number }>(
      `SELECT count(*) FILTER (WHERE id <= $1::bigint)::float8 AS "sourceRows",
              count(*) FILTER (WHERE id > $1::bigint)::float8 AS newer FROM ${table}`,
      [ids?.last ?? Number.MIN_SAFE_INTEGER],
    );
    const { sourceRows = 0, newer = 0 } = rows[0] ?? {};
    reports.push({ table, sourceRows, newer, ...(await ledger.outcome(lane.target, table)) });
  }
  return reports;
}
