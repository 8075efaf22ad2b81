import { Injectable, Logger } from '@nestjs/common';
import { BatchSink, type StoreResult } from '../index.js';
import type { Batch } from '../../telemetry/index.js';
import { CollectorRegistry } from '../../storage/index.js';
import { PartitionManager } from '../../storage/index.js';
import { WriterPool } from '../../storage/index.js';
import { holdsRowsOf, outlivesItsId } from './batch-claim.js';
import { runPipeline } from './pipeline.js';
import { isMissingPartition, isRefusedData, isStoredBatch } from '../../storage/index.js';
import { TolerantWriter } from './tolerant-writer.js';
import { wholeBatch } from './whole-batch.js';

const BLOCKS = [
  ['logs_expiring', 'expiring'],
  ['logs_audit', 'audit'],
] as const;

const DUPLICATE: StoreResult = { duplicate: true, refused: [] };

/** Writes a batch in one transaction: its id, the news of connections, what was rejected, and the rows by COPY. */
@Injectable()
export class PostgresSink extends BatchSink {
  private readonly logger = new Logger(PostgresSink.name);

  constructor(
    private readonly pool: WriterPool,
    private readonly partitions: PartitionManager,
    private readonly collectors: CollectorRegistry,
  ) {
    super();
  }

  override async store(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    // Before a connection is taken: with a pool of one it would wait for itself.
    await this.ensurePartitions(batch, signal);
    if (outlivesItsId(batch, Date.now()) && (await this.isStored(batch, signal))) return DUPLICATE;
    try {
      return await this.storeWhole(batch, signal);
    } catch (error) {
      if (isMissingPartition(error)) {
        // Somebody has dropped it since we looked: the next attempt looks again.
        for (const [table] of BLOCKS) this.partitions.forget(table);
        throw error;
      }
      if (!isRefusedData(error)) throw error;
      this.logger.debug(`A batch has a row that the database refuses: ${String(error)}`);
      return await this.storeTolerantly(batch, signal);
    }
  }

  override async close(): Promise<void> {
    await this.collectors.stop();
    await this.pool.close();
  }

  private async ensurePartitions(batch: Batch, signal: AbortSignal): Promise<void> {
    for (const [table, block] of BLOCKS) {
      const { rows, oldest, newest } = batch[block];
      // PostgreSQL rounds nanoseconds to microseconds, and so may carry a row into the next millisecond.
      if (rows > 0) await this.partitions.ensure(table, oldest, newest + 1, signal);
    }
  }

  /** A batch may have lain in a journal for longer than ids are kept. */
  private isStored(batch: Batch, signal: AbortSignal): Promise<boolean> {
    return this.pool.withClient((client) => holdsRowsOf(client, batch), signal);
  }

  private storeWhole(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    return this.pool.withClient(async (client) => {
      try {
        await runPipeline(client, wholeBatch(batch));
      } catch (error) {
        if (!isStoredBatch(error)) throw error;
        await client.query('ROLLBACK');
        return DUPLICATE;
      }
      return { duplicate: false, refused: [] };
    }, signal);
  }

  private storeTolerantly(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    return this.pool.withClient(async (client) => {
      await client.query('BEGIN');
      const { rowCount } = await client.query(
        'INSERT INTO ingest_batches (id) VALUES ($1) ON CONFLICT DO NOTHING',
        [batch.id],
      );
      if (rowCount !== 1) {
        await client.query('ROLLBACK');
        return DUPLICATE;
      }
      const refused = await new TolerantWriter(client).write(batch);
      await client.query('COMMIT');
      return { duplicate: false, refused };
    }, signal);
  }
}
