import { Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { setTimeout as sleep } from 'node:timers/promises';
import { PostgresSink, type StoreResult } from '../../delivery/index.js';
import { downGapId, type GapRecord, GapStore } from '../../observer/index.js';
import type { Settings } from '../../platform/config/index.js';
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
  HeldBatches,
  NOTHING_HELD,
  nothingHeldBy,
  PartitionManager,
  SystemClock,
  UnsupportedDatabaseError,
  WriterPool,
} from '../../storage/index.js';
import type { Batch } from '../../telemetry/index.js';
import { UnreachableError } from '../play/socket-sink.js';

/** The database did not take what was written. */
export class WriteError extends Error {
  override readonly name = 'WriteError';

  constructor(cause: unknown) {
    super(`Cannot write to the database: ${describeError(cause)}`, { cause });
  }
}

/** Where a name has several addresses, an error has a message only within. */
function describeError(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describeError).join('; ');
  return error instanceof Error ? error.message : String(error);
}

const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 5_000;
/** A database that is away for longer than this is not waited for. */
const RETRY_TIMEOUT_MS = 60_000;

const logger = new Logger('DatabaseSink');

interface RetryOptions {
  /** What is stored, as the end of "Cannot store …". */
  what: string;
  /** Once it is aborted, what fails is not tried again. */
  stop: AbortSignal;
  /** Whether to try again has no point any more. */
  isObsolete?: () => boolean;
}

/**
 * Stores something, and again while that fails: up to a minute.
 *
 * @throws the last error
 */
export async function withRetries<T>(
  store: () => Promise<T>,
  { what, stop, isObsolete = () => false }: RetryOptions,
): Promise<T> {
  const latest = performance.now() + RETRY_TIMEOUT_MS;
  for (let delay = FIRST_DELAY_MS; ; delay = Math.min(2 * delay, MAX_DELAY_MS)) {
    try {
      return await store();
    } catch (error) {
      if (isObsolete() || stop.aborted || performance.now() > latest) throw error;
      if (delay === FIRST_DELAY_MS || delay === MAX_DELAY_MS)
        logger.warn(`Cannot store ${what}, retrying: ${describeError(error)}`);
    }
    await sleep(delay, undefined, { signal: stop }).catch(() => undefined);
  }
}

/** A server takes whoever was not seen for a minute for dead, and ends its connections. */
const HEARTBEAT_INTERVAL_MS = 15_000;

/** A server process that has collected history: a row of `collectors`. */
class HistoryCollector {
  readonly id = new CollectorId();
  readonly registry: CollectorRegistry;
  readonly sink: PostgresSink;
  /** It has no journal, and the purge of a server removes its ids once it has ended. */
  private readonly held = new HeldBatches();
  private heartbeat: NodeJS.Timeout | undefined;

  constructor(pool: WriterPool, partitions: PartitionManager) {
    this.registry = new CollectorRegistry(pool, this.id, this.held);
    this.sink = new PostgresSink(pool, partitions, this.id);
  }

  /** It is to be in the database already. */
  keepAlive(): void {
    this.heartbeat = setInterval(
      () => void this.registry.seen().catch(() => undefined),
      HEARTBEAT_INTERVAL_MS,
    );
  }

  /** It says nothing more, not even that it ends. */
  kill(): void {
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
  }

  /** It says that it ends, unless it was killed. */
  async stop(): Promise<void> {
    if (this.heartbeat === undefined) return;
    this.kill();
    this.held.watch(() => NOTHING_HELD);
    await this.registry.stop();
  }
}

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
    await this.withRetry('the end of connections', async () => {
      // It has no journal, out of which its batches could come again.
      await this.pool.withClient((client) => nothingHeldBy(client, [identity.id]));
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
    await this.withRetry('a collector', () => next.registry.seen());
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
    await this.withRetry('a gap', () => gaps.store([gap], new AbortController().signal));
  }

  private async withRetry(what: string, store: () => Promise<void>): Promise<void> {
    await withRetries(store, { what, stop: this.signal }).catch((error: unknown) => {
      throw new WriteError(error);
    });
  }
}

/** The URL of a database as it may be shown: without user, password and options. */
export function withoutSecrets(url: string): string {
  return Object.assign(new URL(url), { username: '', password: '', search: '' }).href;
}
