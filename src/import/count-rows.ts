import type { ClientBase } from 'pg';
import type { StoredReport, TableReport } from './import-report.js';
import type { ImportWorker } from './import-worker.js';
import type { IdRange } from './source/id-ranges.js';
import { LOG_TABLE_NAMES } from './source/inspect-source.js';
import type { ImportLedger, Total } from './target/import-ledger.js';

/** A table of the source, with the ids that this run has processed. */
export interface CountedTable {
  table: string;
  ids: IdRange | undefined;
}

interface Counting {
  /** The collector number of the source in the target. */
  collector: number;
  tables: readonly CountedTable[];
  /** Older rows may have been purged from the target. */
  cutoff: Date;
}

/** Counts the rows of the source and its rows in the target, concurrently. */
export async function countRows(
  worker: ImportWorker,
  ledger: ImportLedger,
  { collector, tables, cutoff }: Counting,
): Promise<{ tables: TableReport[]; stored: StoredReport[] }> {
  const totals = new Map<string, Total>();
  for (const { table } of tables) totals.set(table, await ledger.total(worker.target, table, cutoff));
  const [counted, stored] = await Promise.all([
    countSource(worker, tables, totals),
    countTarget(worker, { source: ledger.source, collector }, totals, cutoff),
  ]);
  return { tables: counted, stored };
}

async function countSource(
  worker: ImportWorker,
  tables: readonly CountedTable[],
  totals: ReadonlyMap<string, Total>,
): Promise<TableReport[]> {
  const reports: TableReport[] = [];
  for (const { table, ids } of tables) {
    const { rows } = await worker.source.query<{ sourceRows: number; newer: number }>(
      `SELECT count(*) FILTER (WHERE id <= $1::bigint)::float8 AS "sourceRows",
              count(*) FILTER (WHERE id > $1::bigint)::float8 AS newer FROM ${table}`,
      [ids?.last ?? Number.MIN_SAFE_INTEGER],
    );
    const { sourceRows = 0, newer = 0 } = rows[0] ?? {};
    const { imported = 0, skipped = {} } = totals.get(table) ?? {};
    reports.push({ table, sourceRows, newer, imported, skipped });
  }
  return reports;
}

async function countTarget(
  worker: ImportWorker,
  { source, collector }: { source: string; collector: number },
  totals: ReadonlyMap<string, Total>,
  cutoff: Date,
): Promise<StoredReport[]> {
  const reports: StoredReport[] = [];
  const messages = LOG_TABLE_NAMES.flatMap((name) => totals.get(name) ?? []);
  const stored = await storedOf(worker.target, 'tetcore_logs', collector, cutoff);
  reports.push(report('tetcore_logs', stored, messages));
  for (const [table, total] of totals) {
    if (LOG_TABLE_NAMES.some((name) => name === table)) continue;
    if (table !== 'peer_connections') {
      reports.push(report(table, await storedDescriptions(worker.target, source, table), [total]));
      continue;
    }
    // An expired connection is imported after all if one of its messages is imported later.
    const late = total.skipped.expired ?? 0;
    reports.push(report(table, await storedOf(worker.target, table, collector, cutoff), [total], late));
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

/** Rows of a source in a table of the target. */
interface StoredRows {
  stored: number;
  /** Rows among them that are not expired. */
  kept: number;
}

/** Counts the messages or connections of a source. For messages, it reads all partitions, which can take long. */
const storedOf = (
  client: ClientBase,
  table: 'tetcore_logs' | 'peer_connections',
  collector: number,
  cutoff: Date,
): Promise<StoredRows> =>
  count(
    client,
    `SELECT count(*)::float8 AS stored, count(*) FILTER (WHERE audit OR created_at >= $2)::float8 AS kept
       FROM ${table} WHERE collector = $1`,
    [collector, cutoff],
  );

/** Counts rows of a table whose ids are recorded in the ledger. They are never purged. */
const storedDescriptions = (client: ClientBase, source: string, table: string): Promise<StoredRows> =>
  count(
    client,
    `SELECT count(*)::float8 AS stored, count(*)::float8 AS kept
       FROM import_ids JOIN ${table} ON id = new_id WHERE source = $1 AND table_name = $2`,
    [source, table],
  );

async function count(client: ClientBase, sql: string, parameters: unknown[]): Promise<StoredRows> {
  const { rows } = await client.query<StoredRows>(sql, parameters);
  return rows[0] ?? { stored: 0, kept: 0 };
}
