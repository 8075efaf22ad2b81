import { idsIn, type IdRange, missingIds } from './id-ranges.js';
import type { ImportProgress } from './import-options.js';
import type { Lane } from './lane.js';
import { ChunkQueue } from './source/chunk-queue.js';
import type { TableImport } from './tables/table-import.js';
import type { ImportLedger } from './target/import-ledger.js';

export interface TableRun {
  table: TableImport;
  /** The ids of the table; undefined where it has none. */
  ids: IdRange | undefined;
  ledger: ImportLedger;
  lanes: readonly [Lane, ...Lane[]];
  /** Cuts what is to be done into chunks, while lanes are busy. */
  planner: Lane;
  /** Rows of a chunk, at most. */
  chunk: number;
  progress: ImportProgress | undefined;
  signal: AbortSignal | undefined;
}

/**
 * Brings over what is missing of a table, on several lanes at the same time. When the signal is aborted, or something
 * fails, what is under way is brought to its end.
 */
export async function runTable(run: TableRun): Promise<void> {
  const { table, ids, ledger, lanes, planner, chunk, progress, signal } = run;
  if (ids === undefined) return;
  const missing = missingIds(await ledger.done(planner.target, table.table), ids);
  if (missing.length === 0) return;
  progress?.begin(
    table.table,
    missing.reduce((sum, range) => sum + idsIn(range), 0),
  );
  const queue = new ChunkQueue(planner.source, table.table, missing, chunk);
  const failures: unknown[] = [];
  const work = async (lane: Lane): Promise<void> => {
    while (failures.length === 0 && signal?.aborted !== true) {
      const range = await queue.next();
      if (range === undefined) return;
      const rows = await table.run(lane, range);
      progress?.advance(idsIn(range), rows);
    }
  };
  const used = table.parallel ? lanes : [lanes[0]];
  await Promise.all(used.map((lane) => work(lane).catch((error: unknown) => failures.push(error))));
  if (failures.length > 0) throw failures[0];
}
