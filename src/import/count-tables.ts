import type { IdRange } from './id-ranges.js';
import type { StoredReport, TableReport } from './import-report.js';
import type { Lane } from './lane.js';
import { LOG_TABLE_NAMES } from './source/source-tables.js';
import type { ImportLedger, Total } from './target/import-ledger.js';
import {
  storedConnections,
  storedDescriptions,
  storedMessages,
  type StoredRows,
} from './target/stored-rows.js';

/** A table of the source, with the ids that this run has gone through. */
export interface CountedTable {
  table: string;
  ids: IdRange | undefined;
}

export interface Counting {
  /** The number that the source has here. */
  collector: number;
  tables: readonly CountedTable[];
  /** What is older may have been purged here. */
  cutoff: Date;
}

/** Counts the rows of the source, and those that are here of it; both at the same time. */
export async function countTables(
  lane: Lane,
  ledger: ImportLedger,
  { collector, tables, cutoff }: Counting,
): Promise<{ tables: TableReport[]; stored: StoredReport[] }> {
  const totals = new Map<string, Total>();
  for (const { table } of tables) totals.set(table, await ledger.total(lane.target, table, cutoff));
  const [counted, stored] = await Promise.all([
    countSource(lane, tables, totals),
    countTarget(lane, { source: ledger.source, collector }, totals, cutoff),
  ]);
  return { tables: counted, stored };
}

async function countSource(
  lane: Lane,
  tables: readonly CountedTable[],
  totals: ReadonlyMap<string, Total>,
): Promise<TableReport[]> {
  const reports: TableReport[] = [];
  for (const { table, ids } of tables) {
    const { rows } = await lane.source.query<{ sourceRows: number; newer: number }>(
      `SELECT count(*) FILTER (WHERE id <= $1::bigint)::float8 AS "sourceRows",
              count(*) FILTER (WHERE id > $1::bigint)::float8 AS newer FROM ${table}`,
      [ids?.last ?? Number.MIN_SAFE_INTEGER],
    );
    const { sourceRows = 0, newer = 0 } = rows[0] ?? {};
    const { imported = 0, leftOut = {} } = totals.get(table) ?? {};
    reports.push({ table, sourceRows, newer, imported, leftOut });
  }
  return reports;
}

async function countTarget(
  lane: Lane,
  { source, collector }: { source: string; collector: number },
  totals: ReadonlyMap<string, Total>,
  cutoff: Date,
): Promise<StoredReport[]> {
  const reports: StoredReport[] = [];
  const messages = LOG_TABLE_NAMES.flatMap((name) => totals.get(name) ?? []);
  reports.push(report('tetcore_logs', await storedMessages(lane.target, collector, cutoff), messages));
  for (const [table, total] of totals) {
    if (LOG_TABLE_NAMES.some((name) => name === table)) continue;
    if (table !== 'peer_connections') {
      reports.push(report(table, await storedDescriptions(lane.target, source, table), [total]));
      continue;
    }
    // One that had expired comes all the same when a message of it does later.
    const late = total.leftOut.expired ?? 0;
    reports.push(report(table, await storedConnections(lane.target, collector, cutoff), [total], late));
  }
  return reports;
}

function report(
  table: string,
  { stored, kept }: StoredRows,
  totals: readonly Total[],
  late = 0,
): StoredReport {
  const sum = (of: (total: Total) => number): number => totals.reduce((all, total) => all + of(total), 0);
  const imported = sum((total) => total.imported);
  return {
    table,
    stored,
    missing: Math.max(imported - sum((total) => total.purgeable) - kept, 0),
    surplus: Math.max(stored - imported - late, 0),
  };
}
