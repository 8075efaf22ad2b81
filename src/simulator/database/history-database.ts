import { DataSource } from 'typeorm';
import type { Settings } from '../../config/index.js';
import { PostgresSink } from '../../delivery/index.js';
import {
  CollectorId,
  CollectorRegistry,
  DatabaseClock,
  DatabaseStartup,
  dataSourceOptions,
  ensureDatabase,
  HeldBatches,
  NOTHING_HELD,
  PartitionManager,
  SystemClock,
  UnsupportedDatabaseError,
  WriterPool,
} from '../../storage/index.js';
import { UnreachableError } from '../play/unreachable.error.js';
import { describeError } from './history.errors.js';

/** A server takes whoever was not seen for a minute for dead, and ends its connections. */
const SEEN_EVERY_MS = 15_000;

/** A database that takes history, in the place of a server that would have collected it. */
export class HistoryDatabase {
  private readonly heartbeat: NodeJS.Timeout;

  private constructor(
    readonly collector: CollectorId,
    readonly sink: PostgresSink,
    private readonly collectors: CollectorRegistry,
    private readonly held: HeldBatches,
    private readonly pool: WriterPool,
  ) {
    this.heartbeat = setInterval(() => void collectors.seen().catch(() => undefined), SEEN_EVERY_MS);
  }

  /**
   * Creates and migrates the database where that is needed, as a server does when it starts.
   *
   * @throws UnreachableError, UnsupportedDatabaseError, SchemaOutdatedError, or the signal's reason
   */
  static async open(url: string, settings: Settings, signal: AbortSignal): Promise<HistoryDatabase> {
    // A server would wait for it.
    await ensureDatabase(url).catch((error: unknown) => {
      if (error instanceof UnsupportedDatabaseError) throw error;
      throw new UnreachableError(withoutSecrets(url), describeError(error));
    });
    const collector = new CollectorId();
    const pool = new WriterPool(url, settings.DB_POOL_SIZE);
    const partitions = new PartitionManager(settings, pool);
    // It has no journal, and the purge of a server removes its ids once it has ended.
    const held = new HeldBatches();
    const collectors = new CollectorRegistry(pool, collector, held);
    const clock = new DatabaseClock(new SystemClock());
    const dataSource = new DataSource(dataSourceOptions(url));
    try {
      await new DatabaseStartup(settings, url, dataSource, partitions, collectors, pool, clock).run(signal);
    } catch (error) {
      await pool.close();
      throw error;
    } finally {
      if (dataSource.isInitialized) await dataSource.destroy();
    }
    const sink = new PostgresSink(pool, partitions, collector);
    return new HistoryDatabase(collector, sink, collectors, held, pool);
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    this.held.watch(() => NOTHING_HELD);
    await this.collectors.stop();
    await this.pool.close();
  }
}

/** The URL of a database as it may be shown: without user, password and options. */
export function withoutSecrets(url: string): string {
  return Object.assign(new URL(url), { username: '', password: '', search: '' }).href;
}
