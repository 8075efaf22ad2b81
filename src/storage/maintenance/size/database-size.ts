import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { hasSqlState, LOG_TABLES, SqlState } from '../../schema/index.js';
import { WriterPool } from '../../connections/writer-pool.js';
import { DatabaseSizeMetrics } from './database-size.metrics.js';

/** The database looks at each of its files for it: milliseconds from one measurement to the next. */
const EVERY_MS = 60_000;
/** After a failure; doubled with each further one. */
const AGAIN_MS = 5_000;
const LOCK_TIMEOUT = '1s';

/** Measures the database from time to time, rather than whenever somebody scrapes. */
@Injectable()
export class DatabaseSize {
  private readonly logger = new Logger(DatabaseSize.name);
  private dueAt = -Infinity;
  /** In a row. */
  private failures = 0;
  private measuring: Promise<void> | undefined;

  constructor(
    private readonly pool: WriterPool,
    private readonly metrics: DatabaseSizeMetrics,
  ) {}

  /** Measures if the last time was a minute ago, or failed: then it waits 5 s, and longer up to a minute each time. */
  async measureIfDue(): Promise<void> {
    if (performance.now() >= this.dueAt) await this.measure();
  }

  /**
   * Measures now. While it is at it, a second call waits for the first. After a failure nothing is known any more.
   *
   * @throws what the database says
   */
  measure(): Promise<void> {
    return (this.measuring ??= this.measureAll().finally(() => (this.measuring = undefined)));
  }

  /** On a connection of its own, so that it waits for nobody and nobody for it. */
  private async measureAll(): Promise<void> {
    try {
      await this.pool.withOwnClient(async (client) => {
        this.metrics.databaseIs(await sizeOfDatabase(client));
        this.metrics.tablesAre(await sizesOfTables(client));
      });
      this.failures = 0;
      this.dueAt = performance.now() + EVERY_MS;
    } catch (error) {
      this.metrics.forget();
      this.failures += 1;
      this.dueAt = performance.now() + Math.min(AGAIN_MS * 2 ** (this.failures - 1), EVERY_MS);
      if (this.failures === 1)
        this.logger.warn(`The size of the database could not be measured: ${String(error)}`);
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
 * One partition is locked at a time, and for a moment: nobody who drops one waits for the others. Empty while somebody
 * has one for himself.
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
