import { Injectable, Logger } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import type { ClientBase } from 'pg';
import { Backoff, OutageLog } from '../../platform/async/index.js';
import { WriterPool } from '../connections/writer-pool.js';
import { hasSqlState, LOG_TABLES, SqlState } from '../schema/index.js';

export const databaseSizeMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_database_size_bytes',
    help: 'Size of the database in bytes, measured about once a minute. Absent if the last measurement failed.',
  }),
  makeGaugeProvider({
    name: 'tetcore_table_size_bytes',
    help: 'Size of the partitions of messages with their indexes, in bytes, by table.',
    labelNames: ['table'],
  }),
];

/** The size of the database. Unknown values are absent, rather than 0. */
@Injectable()
export class DatabaseSizeMetrics {
  constructor(
    @InjectMetric('tetcore_database_size_bytes') private readonly database: Gauge,
    @InjectMetric('tetcore_table_size_bytes') private readonly tables: Gauge,
  ) {
    // A gauge without labels begins with 0.
    this.clear();
  }

  clear(): void {
    this.database.remove();
    this.tables.reset();
  }

  setDatabaseSize(bytes: number): void {
    this.database.set(bytes);
  }

  /** @param sizes bytes by table; other tables are unknown */
  setTableSizes(sizes: ReadonlyMap<string, number>): void {
    this.tables.reset();
    for (const [table, bytes] of sizes) this.tables.set({ table }, bytes);
  }
}

/** A measurement reads the size of every file of the database. */
const INTERVAL_MS = 60_000;
const LOCK_TIMEOUT = '1s';

/** Measures the database at an interval, rather than with every scrape. */
@Injectable()
export class DatabaseSize {
  private readonly logger = new Logger(DatabaseSize.name);
  private dueAt = -Infinity;
  private readonly backoff = new Backoff({ firstMs: 5_000, maxMs: INTERVAL_MS });
  private readonly outage = new OutageLog(this.logger, {
    begins: (reason) => `The size of the database could not be measured: ${reason}`,
  });
  private measuring: Promise<void> | undefined;

  constructor(
    private readonly pool: WriterPool,
    private readonly metrics: DatabaseSizeMetrics,
  ) {}

  /** Measures if the interval, or the delay after a failure, has passed. */
  async measureIfDue(): Promise<void> {
    if (performance.now() >= this.dueAt) await this.measure();
  }

  /**
   * Measures now. Concurrent calls share one measurement. After a failure the sizes are unknown.
   *
   * @throws errors of the database
   */
  measure(): Promise<void> {
    return (this.measuring ??= this.measureAll().finally(() => (this.measuring = undefined)));
  }

  /** On its own connection, so that it does not block writers. */
  private async measureAll(): Promise<void> {
    try {
      await this.pool.withOwnClient(async (client) => {
        this.metrics.setDatabaseSize(await sizeOfDatabase(client));
        this.metrics.setTableSizes(await sizesOfTables(client));
      });
      this.backoff.reset();
      this.outage.succeeded();
      this.dueAt = performance.now() + INTERVAL_MS;
    } catch (error) {
      this.metrics.clear();
      this.dueAt = performance.now() + this.backoff.next();
      this.outage.failed(error);
      throw error;
    }
  }
}

async function sizeOfDatabase(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    'SELECT pg_database_size(current_database()) AS bytes',
  );
  return Number(rows[0]?.bytes);
}

/**
 * Locks one partition at a time, and briefly, so that a drop of another one does not wait. Empty if a partition is
 * locked exclusively.
 */
async function sizesOfTables(client: ClientBase): Promise<Map<string, number>> {
  await client.query(`SET lock_timeout = '${LOCK_TIMEOUT}'`);
  try {
    const { rows } = await client.query<{ name: string; bytes: string }>(
      `SELECT name, sum(pg_total_relation_size(inhrelid)) AS bytes
         FROM unnest($1::text[]) AS name JOIN pg_inherits ON inhparent = to_regclass(name) GROUP BY name`,
      [LOG_TABLES],
    );
    return new Map(rows.map(({ name, bytes }) => [name, Number(bytes)]));
  } catch (error) {
    if (hasSqlState(error, SqlState.LockNotAvailable)) return new Map();
    throw error;
  }
}
