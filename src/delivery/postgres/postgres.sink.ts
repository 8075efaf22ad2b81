import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import {
  CollectorId,
  isBatchDone,
  isMissingPartition,
  isRejectedData,
  isDuplicateBatchError,
  LOG_TABLES,
  PartitionManager,
  registerCollector,
  tupleTimes,
  WriterPool,
} from '../../storage/index.js';
import type { Batch, RowBlock } from '../../telemetry/index.js';
import { BatchSink, type StoreResult } from '../batch-sink.port.js';
import { blocksOf, beginBatch, failedCollectorCheck, renumberBatch, wholeBatch } from './batch-statements.js';
import { runPipeline, type Step } from './pipeline.js';
import { RowByRowWriter } from './row-by-row-writer.js';

const DUPLICATE: StoreResult = { duplicate: true, rejected: [] };

/** Stores a batch in one transaction: its id, connections, rejected messages, and its rows by COPY. */
@Injectable()
export class PostgresSink extends BatchSink {
  private readonly logger = new Logger(PostgresSink.name);

  /** Collectors with another number than in their batches, since a backup was restored. */
  private readonly renumbered = new Map<string, number>();

  constructor(
    private readonly pool: WriterPool,
    private readonly partitions: PartitionManager,
    private readonly collector: CollectorId,
  ) {
    super();
  }

  override async store(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    const known = this.renumbered.get(batch.collector.id);
    try {
      return await this.storeAs(batch, known ?? batch.collector.number, signal);
    } catch (error) {
      if (!failedCollectorCheck(error)) throw error;
    }
    const number = await this.pool.withClient((client) => this.numberFor(client, batch), signal);
    if (number === undefined) return DUPLICATE;
    if (number === batch.collector.number) this.renumbered.delete(batch.collector.id);
    else {
      this.logger.warn(
        `Collector number ${batch.collector.number.toString()} belongs to another server in this database. Connections of the batch are renumbered.`,
      );
      this.renumbered.set(batch.collector.id, number);
    }
    return await this.storeAs(batch, number, signal);
  }

  /** The number of the collector of a batch; undefined if the batch is already stored. */
  private async numberFor(client: ClientBase, { id, collector }: Batch): Promise<number | undefined> {
    const isOwn = collector.id === this.collector.id;
    const number = await registerCollector(client, collector, isOwn);
    return (await isBatchDone(client, { id, collector: collector.id }, isOwn)) ? undefined : number;
  }

  /** @throws an error for which failedCollectorCheck is true, if the number belongs to another collector */
  private async storeAs(batch: Batch, number: number, signal: AbortSignal): Promise<StoreResult> {
    if (number === batch.collector.number) return await this.storeNumbered(batch, signal);
    const storedAs = renumberBatch(batch, number);
    return { ...(await this.storeNumbered(storedAs, signal)), storedAs };
  }

  private async storeNumbered(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    // Before a connection is acquired: with a pool of one it would wait for itself.
    await this.ensurePartitions(batch, signal);
    try {
      return await this.storeWhole(batch, signal);
    } catch (error) {
      if (isMissingPartition(error)) {
        // It was dropped since the last check: the next attempt checks again.
        for (const table of LOG_TABLES) this.partitions.forget(table);
        throw error;
      }
      if (failedCollectorCheck(error) || !isRejectedData(error)) throw error;
      this.logger.debug(`The database rejects a row of a batch. Writing it row by row: ${String(error)}`);
      return await this.storeRowByRow(batch, signal);
    }
  }

  /** The pool is closed by its owner. */
  override async close(): Promise<void> {
    await Promise.resolve();
  }

  private async ensurePartitions(batch: Batch, signal: AbortSignal): Promise<void> {
    for (const { table, block } of blocksOf(batch)) {
      const range = { first: block.oldest, last: block.newest };
      await this.partitions.ensureFor(table, range, () => momentsOf(block), signal);
    }
  }

  private storeWhole(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    return this.pool.withClient(async (client) => {
      const isNew = await runUnlessStored(client, wholeBatch(batch));
      return isNew ? { duplicate: false, rejected: [] } : DUPLICATE;
    }, signal);
  }

  private storeRowByRow(batch: Batch, signal: AbortSignal): Promise<StoreResult> {
    return this.pool.withClient(async (client) => {
      if (!(await runUnlessStored(client, beginBatch(batch)))) return DUPLICATE;
      const rejected = await new RowByRowWriter(client).write(batch);
      await client.query('COMMIT');
      return { duplicate: false, rejected };
    }, signal);
  }
}

/** The `created_at` of the messages of a block: milliseconds since the epoch. */
function* momentsOf({ tuples }: RowBlock): Generator<number, void, undefined> {
  for (const { createdAt } of tupleTimes(tuples)) yield Math.floor(createdAt / 1000);
}

/** @returns false if the batch is already stored; then the transaction is rolled back */
async function runUnlessStored(client: ClientBase, steps: readonly Step[]): Promise<boolean> {
  try {
    await runPipeline(client, steps);
    return true;
  } catch (error) {
    if (!isDuplicateBatchError(error)) throw error;
    await client.query('ROLLBACK');
    return false;
  }
}
