import { Logger } from '@nestjs/common';
import { readSettings } from '../../src/platform/config/index.js';
import type { StoreResult } from '../../src/delivery/index.js';
import { CollectorRegistry } from '../../src/storage/maintenance/collector/collector-registry.js';
import { PartitionManager } from '../../src/storage/partitions/partition-manager.js';
import { PostgresSink } from '../../src/delivery/postgres/postgres.sink.js';
import { WriterPool } from '../../src/storage/connections/writer-pool.js';
import { CollectorId, HeldBatches } from '../../src/storage/index.js';
import type { Batch } from '../../src/telemetry/index.js';

// Log lines would hide the output of the test.
Logger.overrideLogger(['fatal']);

export interface TestStorageOptions {
  environment?: Record<string, string>;
  /** The time limit of a transaction: milliseconds. */
  limitMs?: number;
}

/** A PostgresSink without a server. `await using` closes it. */
export class TestStorage implements AsyncDisposable {
  readonly collectorId = new CollectorId();
  readonly held = new HeldBatches();
  readonly pool: WriterPool;
  readonly partitions: PartitionManager;
  readonly collectors: CollectorRegistry;
  readonly sink: PostgresSink;

  constructor(url: string, { environment = {}, limitMs }: TestStorageOptions = {}) {
    const settings = readSettings({ NUM_THREADS: '4', ...environment });
    this.pool = new WriterPool(url, settings.DB_POOL_SIZE, limitMs);
    this.partitions = new PartitionManager(settings, this.pool);
    this.collectors = new CollectorRegistry(this.pool, this.collectorId, this.held);
    this.sink = new PostgresSink(this.pool, this.partitions, this.collectorId);
  }

  async store(batch: Batch, signal: AbortSignal = new AbortController().signal): Promise<StoreResult> {
    return await this.sink.store(batch, signal);
  }

  private closed: Promise<void> | undefined;

  close(): Promise<void> {
    return (this.closed ??= this.pool.close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
