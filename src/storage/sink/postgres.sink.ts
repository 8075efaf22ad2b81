import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { BatchSink, type StoreResult } from '../../delivery/index.js';
import type { Batch, RejectedMessage } from '../../telemetry/index.js';
import { CollectorRegistry } from '../collector/collector-registry.js';
import { PartitionManager } from '../partitions/partition-manager.js';
import { WriterPool } from '../writer-pool.js';
import { holdsRowsOf, outlivesItsId } from './batch-claim.js';
import { rejectedFrom } from './refused-row.js';
import { type RowWriter, TolerantRowWriter, WholeRowWriter } from './row-writer.js';
import { isMissingPartition, isRefusedData } from './sql-state.js';

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
      return await this.attempt(batch, signal, new WholeRowWriter());
    } catch (error) {
      if (isMissingPartition(error)) {
        // Somebody has dropped it since we looked: the next attempt looks again.
        for (const [table] of BLOCKS) this.partitions.forget(table);
        throw error;
      }
      if (!isRefusedData(error)) throw error;
      this.logger.debug(`A batch has a row that the database refuses: ${String(error)}`);
      return await this.attempt(batch, signal, new TolerantRowWriter());
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

  private attempt(batch: Batch, signal: AbortSignal, writer: RowWriter): Promise<StoreResult> {
    return this.pool.withClient(async (client) => {
      await client.query('BEGIN');
      if (!(await claim(client, batch.id))) {
        await client.query('ROLLBACK');
        return DUPLICATE;
      }
      await writer.connections(client, batch.connections);
      const refused: RejectedMessage[] = [];
      for (const [table, block] of BLOCKS) {
        if (batch[block].rows === 0) continue;
        const rows = await writer.rows(client, table, batch[block].text);
        refused.push(...rows.map((row) => rejectedFrom(row, table, batch.firstReceivedAt)));
      }
      await writer.rejected(client, [...batch.rejected, ...refused]);
      await client.query('COMMIT');
      return { duplicate: false, refused };
    }, signal);
  }
}

/** Takes a batch's id; false when somebody has stored it before. Waits for somebody who is about to. */
async function claim(client: ClientBase, id: string): Promise<boolean> {
  const { rowCount } = await client.query(
    'INSERT INTO ingest_batches (id) VALUES ($1) ON CONFLICT DO NOTHING',
    [id],
  );
  return rowCount === 1;
}
