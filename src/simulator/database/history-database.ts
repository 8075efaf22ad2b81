import { DataSource } from 'typeorm';
import type { Settings } from '../../platform/config/index.js';
import type { StoreResult } from '../../delivery/index.js';
import { downGapId, type GapRecord, GapStore } from '../../observer/index.js';
import {
  type CollectorIdentity,
  collectorNumber,
  DatabaseClock,
  DatabaseStartup,
  dataSourceOptions,
  endLostConnections,
  ensureDatabase,
  markNothingHeld,
  PartitionManager,
  SystemClock,
  UnsupportedDatabaseError,
  WriterPool,
} from '../../storage/index.js';
import type { Batch } from '../../telemetry/index.js';
import { UnreachableError } from '../play/unreachable.error.js';
import { describeError, WriteError } from './history.errors.js';
import { HistoryCollector } from './history-collector.js';
import { withPatience } from './with-patience.js';

/** A database that takes history, in the place of the server that would have collected it. */
export class HistoryDatabase {
  /** While the collector is lost: its gap, which goes on. */
  private gap: GapRecord | undefined;

  private constructor(
    private readonly pool: WriterPool,
    private readonly partitions: PartitionManager,
    private collector: HistoryCollector,
    private readonly signal: AbortSignal,
  ) {
    collector.keepAlive();
  }

  /**
   * Creates and migrates the database where that is needed, as a server does when it starts.
   *
   * @param signal stops what waits for a database that is away
   * @throws UnreachableError, UnsupportedDatabaseError, SchemaOutdatedError, or the signal's reason
   */
  static async open(url: string, settings: Settings, signal: AbortSignal): Promise<HistoryDatabase> {
    // A server would wait for it.
    await ensureDatabase(url).catch((error: unknown) => {
      if (error instanceof UnsupportedDatabaseError) throw error;
      throw new UnreachableError(withoutSecrets(url), describeError(error));
    });
    const pool = new WriterPool(url, settings.DB_POOL_SIZE);
    const partitions = new PartitionManager(settings, pool);
    const collector = new HistoryCollector(pool, partitions);
    const clock = new DatabaseClock(new SystemClock());
    const dataSource = new DataSource(dataSourceOptions(url));
    try {
      await new DatabaseStartup(settings, url, dataSource, partitions, collector.registry, pool, clock).run(
        signal,
      );
    } catch (error) {
      await pool.close();
      throw error;
    } finally {
      if (dataSource.isInitialized) await dataSource.destroy();
    }
    return new HistoryDatabase(pool, partitions, collector, signal);
  }

  /** The collector that is there now, or was lost last. */
  get identity(): CollectorIdentity {
    return this.collector.id.identity;
  }

  nextConnectionId(): number {
    return this.collector.id.nextConnectionId();
  }

  store(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    return this.collector.sink.store(batch, signal);
  }

  /**
   * The collector is killed: its connections end, and its gap begins, as the next server would record them. Everything
   * of it has to be stored already.
   *
   * @param at milliseconds since the epoch, in simulated time
   * @throws WriteError
   */
  async collectorLost(at: number): Promise<void> {
    this.collector.kill();
    const { identity } = this;
    this.gap = {
      id: downGapId(identity.id),
      collector: identity,
      cause: 'down',
      began_ms: at,
      ended_ms: null,
    };
    await this.storeGap(this.gap);
    await this.patiently('The end of connections', async () => {
      // It has no journal, out of which its batches could come again.
      await this.pool.withClient((client) => markNothingHeld(client, [identity.id]));
      let ended: number;
      do {
        ended = await this.pool.withClient(async (client) =>
          endLostConnections(client, [await collectorNumber(client, identity)]),
        );
      } while (ended > 0);
    });
  }

  /**
   * Another collector is there, and the gap of the one that was lost ends.
   *
   * @throws WriteError
   */
  async collectorBack(at: number): Promise<void> {
    const next = new HistoryCollector(this.pool, this.partitions);
    await this.patiently('A collector', () => next.registry.heartbeat());
    if (this.gap !== undefined) await this.storeGap({ ...this.gap, ended_ms: at });
    this.gap = undefined;
    next.keepAlive();
    this.collector = next;
  }

  async close(): Promise<void> {
    await this.collector.stop();
    await this.pool.close();
  }

  private async storeGap(gap: GapRecord): Promise<void> {
    const gaps = new GapStore(this.pool, this.collector.id);
    await this.patiently('A gap', () => gaps.store([gap], new AbortController().signal));
  }

  private async patiently(what: string, store: () => Promise<void>): Promise<void> {
    await withPatience(store, { what, stop: this.signal }).catch((error: unknown) => {
      throw new WriteError(error);
    });
  }
}

/** The URL of a database as it may be shown: without user, password and options. */
export function withoutSecrets(url: string): string {
  return Object.assign(new URL(url), { username: '', password: '', search: '' }).href;
}
