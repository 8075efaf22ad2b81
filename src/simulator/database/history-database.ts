import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresSink, type StoreResult } from '../../delivery/index.js';
import { downGapId, type GapRecord, GapStore } from '../../observer/index.js';
import type { Settings } from '../../platform/config/index.js';
import { describeError } from '../../platform/errors/index.js';
import {
  CollectorId,
  type CollectorIdentity,
  collectorNumber,
  CollectorRegistry,
  DatabaseClock,
  DatabaseStartup,
  dataSourceOptions,
  endLostConnections,
  ensureDatabase,
  markNoUnstoredBatches,
  HeldBatches,
  NO_UNSTORED_BATCHES,
  PartitionManager,
  SystemClock,
  UnsupportedDatabaseError,
  WriterPool,
  describeConnectionError,
} from '../../storage/index.js';
import type { Batch } from '../../telemetry/index.js';
import { UnreachableError } from '../play/socket-sink.js';

/** A write to the database failed. */
export class WriteError extends Error {
  override readonly name = 'WriteError';

  constructor(cause: unknown) {
    super(`Cannot write to the database: ${describeError(cause)}`, { cause });
  }
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** Time after which writes are no longer retried. */
const RETRY_TIMEOUT_MS = 60_000;

const logger = new Logger('HistoryDatabase');

interface RetryOptions {
  /** The action, as the end of "Cannot …". */
  action: string;
  /** Once it is aborted, failures are not retried. */
  stop: AbortSignal;
  /** Whether a retry has become useless. */
  isObsolete?: () => boolean;
}

/**
 * Writes to the database, and retries for up to a minute.
 *
 * @throws the last error
 */
export async function withRetries<T>(
  write: () => Promise<T>,
  { action, stop, isObsolete = () => false }: RetryOptions,
): Promise<T> {
  const latest = performance.now() + RETRY_TIMEOUT_MS;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, MAX_DELAY_MS)) {
    try {
      return await write();
    } catch (error) {
      if (isObsolete() || stop.aborted || performance.now() > latest) throw error;
      if (delay === FIRST_DELAY_MS || delay === MAX_DELAY_MS)
        logger.warn(`Cannot ${action}, retrying: ${describeError(error)}`);
    }
    await sleep(delay, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** Servers consider a collector dead after a minute without a heartbeat, and end its connections. */
const HEARTBEAT_INTERVAL_MS = 15_000;

/** A simulated server process: a row of `collectors`. */
class HistoryCollector {
  readonly id = new CollectorId();
  readonly registry: CollectorRegistry;
  readonly sink: PostgresSink;
  /** There is no journal; the purge of a server may remove its batch ids once it has ended. */
  private readonly held = new HeldBatches();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(pool: WriterPool, partitions: PartitionManager) {
    this.registry = new CollectorRegistry(pool, this.id, this.held);
    this.sink = new PostgresSink(pool, partitions, this.id);
  }

  /** Starts heartbeats. Its row must exist. */
  keepAlive(): void {
    this.heartbeat = setInterval(
      () => void this.registry.heartbeat().catch(() => undefined),
      HEARTBEAT_INTERVAL_MS,
    );
  }

  /** Stops heartbeats without recording the end, as in a crash. */
  kill(): void {
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
  }

  /** Records its end, unless it was killed. */
  async stop(): Promise<void> {
    if (this.heartbeat === undefined) return;
    this.kill();
    this.held.watch({ from: () => NO_UNSTORED_BATCHES, count: () => 0 });
    await this.registry.stop();
  }
}

/** Writes simulated history directly to the database. */
export class HistoryDatabase {
  /** The open gap while the collector is down. */
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
   * Creates and migrates the database if needed, as a server does when it starts.
   *
   * @param signal stops waiting for an unavailable database
   * @throws UnreachableError, UnsupportedDatabaseError, SchemaOutdatedError, or the signal's reason
   */
  static async open(url: string, settings: Settings, signal: AbortSignal): Promise<HistoryDatabase> {
    // A server would wait for the database.
    await ensureDatabase(url).catch((error: unknown) => {
      if (error instanceof UnsupportedDatabaseError) throw error;
      throw new UnreachableError(withoutSecrets(url), describeConnectionError(error, url, '--database'));
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

  /** The current collector, or the last one that was lost. */
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
   * The collector crashes: its connections end and its gap starts, as the next server would record it. All its batches must
   * be stored.
   *
   * @param at milliseconds since the epoch, in simulated time
   * @throws WriteError
   */
  async simulateCrash(at: number): Promise<void> {
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
    await this.write('end connections', async () => {
      // It has no journal with unstored batches.
      await this.pool.withClient((client) => markNoUnstoredBatches(client, [identity.id]));
      let ended: number;
      do {
        ended = await this.pool.withClient(async (client) =>
          endLostConnections(client, [await collectorNumber(client, identity)]),
        );
      } while (ended > 0);
    });
  }

  /**
   * Another collector starts, and the gap of the crashed one ends.
   *
   * @throws WriteError
   */
  async simulateRestart(at: number): Promise<void> {
    const next = new HistoryCollector(this.pool, this.partitions);
    await this.write('start a collector', () => next.registry.heartbeat());
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
    await this.write('store a gap', () => gaps.store([gap], new AbortController().signal));
  }

  private async write(action: string, write: () => Promise<void>): Promise<void> {
    await withRetries(write, { action, stop: this.signal }).catch((error: unknown) => {
      throw new WriteError(error);
    });
  }
}

/** The URL of a database without user, password and options. */
export function withoutSecrets(url: string): string {
  return Object.assign(new URL(url), { username: '', password: '', search: '' }).href;
}
