import { reportsImported } from '../reputation/index.js';
import {
  hasSqlState,
  HOUR_MS,
  migrateDatabase,
  PartitionManager,
  readClocks,
  SqlState,
  WriterPool,
} from '../storage/index.js';
import { type ImportWorker, ImportWorkers } from './import-worker.js';
import { type CountedTable, countRows } from './count-rows.js';
import {
  DEFAULT_CHUNK,
  DEFAULT_CONNECTIONS,
  ImportError,
  type ImportOptions,
  type ImportProgress,
} from './import-options.js';
import type { ImportReport } from './import-report.js';
import { ChunkQueue, type IdRange, idsIn, missingIds, settledIds } from './source/id-ranges.js';
import { inspectSource, type SourceTables } from './source/inspect-source.js';
import { checkSameSource, sourceId } from './source/source-identity.js';
import { unknownChains } from './source/source-sql.js';
import { BenchmarkEventImport, BenchmarkImport, HostSystemImport } from './tables/benchmark-import.js';
import { ConnectionImport, MessageImport, type MessageTarget } from './tables/message-import.js';
import type { TableImport } from './tables/table-import.js';
import { BoundedPartitions } from './target/bounded-partitions.js';
import { ImportLedger } from './target/import-ledger.js';

/** Connections for creating partitions. */
const PARTITION_CONNECTIONS = 2;
const STOPPED: ImportReport = { tables: [], stored: [], unknownChains: [], complete: false };

/**
 * Imports a database of 0.1.4, each row once, also after interrupted runs. Servers may use the target at the same time.
 *
 * @throws ImportError, UnsupportedDatabaseError if the operator must act first
 */
export async function importDatabase(options: ImportOptions): Promise<ImportReport> {
  try {
    const tables = await inspectSource(options.from, options.to);
    await migrateDatabase(options.to);
    return await importTables(options, tables);
  } catch (error) {
    if (options.signal?.aborted === true && error === options.signal.reason) return STOPPED;
    throw toImportError(error);
  }
}

async function importTables(options: ImportOptions, tables: SourceTables): Promise<ImportReport> {
  const { from, to, settings, progress, signal } = options;
  const { chunk = DEFAULT_CHUNK, connections = DEFAULT_CONNECTIONS, genesis = new Map() } = options;
  await using pool = await ImportWorkers.open(from, to, connections);
  const { planner, workers } = pool;
  const ledger = new ImportLedger(await sourceId(planner.source, tables));
  if (options.anotherSource !== true && (await ledger.isUnknownSource(planner.target))) {
    throw new ImportError(
      'A different source was imported before. If this source had been imported, its rows would be duplicated: a source ' +
        'is recognized by its table __diesel_schema_migrations, or otherwise by its database. Pass --another-source ' +
        'if this is a different source.',
    );
  }
  await checkSameSource(planner.source, planner.target, ledger, tables);
  const collector = await ledger.begin(planner.target, () =>
    progress?.log('Another import of this source is running: waiting for its open transactions.'),
  );
  await reportsImported(planner.target);
  const counted: CountedTable[] = [];
  const writerPool = new WriterPool(to, PARTITION_CONNECTIONS);
  const partitions = new BoundedPartitions(new PartitionManager(settings, writerPool));
  try {
    for (const table of importsOf(tables, ledger, { collector, genesis, settings, partitions })) {
      const ids = await settledIds(planner.source, table.table, signal);
      counted.push({ table: table.table, ids });
      await runTable({ table, ids, ledger, planner, workers: workers, chunk, progress, signal });
      if (signal?.aborted === true) return STOPPED;
    }
  } finally {
    await writerPool.close();
  }
  await reportsImported(planner.target);
  progress?.log('Counting the rows of both databases.');
  const { now } = await readClocks(planner.target);
  const cutoff = new Date(now - settings.LOG_EXPIRY_H * HOUR_MS);
  return {
    ...(await countRows(planner, ledger, { collector, tables: counted, cutoff })),
    unknownChains: await unknownChains(planner.source, tables.connections, [...genesis.keys()]),
    complete: true,
  };
}

/** In the order of references between tables. Most connections are imported with their messages. */
function importsOf(
  { logs, connections, hostSystems, benchmarks, benchmarkEvents }: SourceTables,
  ledger: ImportLedger,
  target: MessageTarget,
): TableImport[] {
  return [
    ...logs.map((each) => new MessageImport(each, connections, ledger, target)),
    new ConnectionImport(connections, ledger, target),
    ...(hostSystems === undefined ? [] : [new HostSystemImport(hostSystems, ledger)]),
    ...(benchmarks === undefined ? [] : [new BenchmarkImport(benchmarks, ledger)]),
    ...(benchmarkEvents === undefined ? [] : [new BenchmarkEventImport(benchmarkEvents, ledger)]),
  ];
}

/** Adds a remedy to errors of a database or its connection. */
function toImportError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ImportError) return error;
  if (hasSqlState(error, SqlState.InsufficientPrivilege)) {
    return new ImportError(
      `Permission denied: ${error.message}. The user of --from needs to read the tables, and the user of DATABASE_URL ` +
        'needs to create tables and write to them.',
      { cause: error },
    );
  }
  const { code } = error as { code?: unknown };
  // pg sets no code for a lost connection.
  const isGone = /^(?:Connection terminated|Client (?:has encountered|was closed))/.test(error.message);
  if (typeof code !== 'string' && !isGone) return error;
  return new ImportError(
    `The import failed: ${error.message}. Imported rows are kept: run the import again to continue.`,
    { cause: error },
  );
}

interface TableRun {
  table: TableImport;
  /** The ids of the table; undefined if it is empty. */
  ids: IdRange | undefined;
  ledger: ImportLedger;
  workers: readonly [ImportWorker, ...ImportWorker[]];
  /** Splits the remaining ids into chunks while the workers are busy. */
  planner: ImportWorker;
  /** Maximum number of rows of a chunk. */
  chunk: number;
  progress: ImportProgress | undefined;
  signal: AbortSignal | undefined;
}

/**
 * Imports the missing ranges of a table with several workers. After an abort or an error, running transactions complete.
 */
async function runTable(run: TableRun): Promise<void> {
  const { table, ids, ledger, workers, planner, chunk, progress, signal } = run;
  if (ids === undefined) return;
  const missing = missingIds(await ledger.done(planner.target, table.table), ids);
  if (missing.length === 0) return;
  progress?.begin(
    table.table,
    missing.reduce((sum, range) => sum + idsIn(range), 0),
  );
  const queue = new ChunkQueue(planner.source, table.table, missing, chunk);
  const failures: unknown[] = [];
  const work = async (worker: ImportWorker): Promise<void> => {
    while (failures.length === 0 && signal?.aborted !== true) {
      const range = await queue.next();
      if (range === undefined) return;
      const rows = await table.run(worker, range);
      progress?.advance(idsIn(range), rows);
    }
  };
  const used = table.parallel ? workers : [workers[0]];
  await Promise.all(used.map((worker) => work(worker).catch((error: unknown) => failures.push(error))));
  if (failures.length > 0) throw failures[0];
}
