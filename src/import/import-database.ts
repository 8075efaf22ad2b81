import {
  hasSqlState,
  HOUR_MS,
  migrateDatabase,
  PartitionManager,
  readClocks,
  SqlState,
  WriterPool,
} from '../storage/index.js';
import { type CountedTable, countTables } from './count-tables.js';
import { DEFAULT_CHUNK, DEFAULT_CONNECTIONS, type ImportOptions } from './import-options.js';
import type { ImportReport } from './import-report.js';
import { ImportError } from './import.error.js';
import { Lanes } from './lanes.js';
import { runTable } from './run-table.js';
import { refuseStranger } from './source/fingerprints.js';
import { unknownChains } from './source/connection-sql.js';
import { inspectSource } from './source/inspect-source.js';
import { settledIds } from './source/settled-id.js';
import { sourceId } from './source/source-identity.js';
import type { SourceTables } from './source/source-tables.js';
import { BenchmarkEventImport, BenchmarkImport, HostSystemImport } from './tables/benchmark-imports.js';
import { ConnectionImport } from './tables/connection-import.js';
import { LogImport, type MessageTarget } from './tables/log-import.js';
import type { TableImport } from './tables/table-import.js';
import { BoundedPartitions } from './target/bounded-partitions.js';
import { ImportLedger } from './target/import-ledger.js';

/** Connections that make partitions. */
const PARTITION_CONNECTIONS = 2;
const STOPPED: ImportReport = { tables: [], stored: [], unknownChains: [], complete: false };

/**
 * Brings a database of 0.1.4 over, each row once, however often it is run and however it ended before. Beside it
 * servers may take in messages and answer questions.
 *
 * @throws ImportError, UnsupportedDatabaseError where something is to be done before
 */
export async function importDatabase(options: ImportOptions): Promise<ImportReport> {
  try {
    const tables = await inspectSource(options.from, options.to);
    await migrateDatabase(options.to);
    return await bringOver(options, tables);
  } catch (error) {
    if (options.signal?.aborted === true && error === options.signal.reason) return STOPPED;
    throw explained(error);
  }
}

async function bringOver(options: ImportOptions, tables: SourceTables): Promise<ImportReport> {
  const { from, to, settings, progress, signal } = options;
  const { chunk = DEFAULT_CHUNK, connections = DEFAULT_CONNECTIONS, genesis = new Map() } = options;
  await using lanes = await Lanes.open(from, to, connections);
  const { planner, bringing } = lanes;
  const ledger = new ImportLedger(await sourceId(planner.source, tables));
  if (options.anotherSource !== true && (await ledger.isNewAmongOthers(planner.target))) {
    throw new ImportError(
      'A different source was imported before. If this source had been imported, its rows would be duplicated: a source ' +
        'is recognized by its table __diesel_schema_migrations, or otherwise by its database. Pass --another-source ' +
        'if this is a different source.',
    );
  }
  await refuseStranger(planner.source, planner.target, ledger, tables);
  const collector = await ledger.begin(planner.target, () =>
    progress?.say(
      'Another import of this source is running: waiting for its open transactions.',
    ),
  );
  const counted: CountedTable[] = [];
  const pool = new WriterPool(to, PARTITION_CONNECTIONS);
  const partitions = new BoundedPartitions(new PartitionManager(settings, pool));
  try {
    for (const table of importsOf(tables, ledger, { collector, genesis, settings, partitions })) {
      const ids = await settledIds(planner.source, table.table, signal);
      counted.push({ table: table.table, ids });
      await runTable({ table, ids, ledger, planner, lanes: bringing, chunk, progress, signal });
      if (signal?.aborted === true) return STOPPED;
    }
  } finally {
    await pool.close();
  }
  progress?.say('Counting the rows of both databases.');
  const { now } = await readClocks(planner.target);
  const cutoff = new Date(now - settings.LOG_EXPIRY_H * HOUR_MS);
  return {
    ...(await countTables(planner, ledger, { collector, tables: counted, cutoff })),
    unknownChains: await unknownChains(planner.source, tables.connections, [...genesis.keys()]),
    complete: true,
  };
}

/** In the order in which tables refer to each other; messages bring most of the connections. */
function importsOf(
  { logs, connections, hostSystems, benchmarks, benchmarkEvents }: SourceTables,
  ledger: ImportLedger,
  target: MessageTarget,
): TableImport[] {
  return [
    ...logs.map((each) => new LogImport(each, connections, ledger, target)),
    new ConnectionImport(connections, ledger, target),
    ...(hostSystems === undefined ? [] : [new HostSystemImport(hostSystems, ledger)]),
    ...(benchmarks === undefined ? [] : [new BenchmarkImport(benchmarks, ledger)]),
    ...(benchmarkEvents === undefined ? [] : [new BenchmarkEventImport(benchmarkEvents, ledger)]),
  ];
}

/** What a database or the line to it says, with what to do about it. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ImportError) return error;
  if (hasSqlState(error, SqlState.InsufficientPrivilege)) {
    return new ImportError(
      `Permission denied: ${error.message}. The user of --from needs to read the tables, and the user of DATABASE_URL ` +
        'needs to create tables and write to them.',
      { cause: error },
    );
  }
  const { code } = error as { code?: unknown };
  // Of pg, which gives no code to a connection that is gone.
  const isGone = /^(?:Connection terminated|Client (?:has encountered|was closed))/.test(error.message);
  if (typeof code !== 'string' && !isGone) return error;
  return new ImportError(
    `The import failed: ${error.message}. Imported rows are kept: run the import again to continue.`,
    { cause: error },
  );
}
