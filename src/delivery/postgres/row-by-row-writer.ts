import type { ClientBase } from 'pg';
import { Logger } from '@nestjs/common';
import {
  type ConnectionSnapshot,
  isRejectedData,
  type LogTable,
  type MessageRow,
  readTuple,
  splitTuples,
  sqlStateOf,
} from '../../storage/index.js';
import { type Batch, ENDPOINTS, REJECTED_HEAD_BYTES, type RejectedMessage } from '../../telemetry/index.js';
import { blocksOf, copyRows, insertRejected, upsertConnections } from './batch-statements.js';
import { runPipeline, type Step } from './pipeline.js';

/** A rejected row as a row of `rejected_messages`, which must not be rejected again. */
export function toRejectedMessage({ tuple, sqlState }: RejectedRow, table: LogTable): RejectedMessage {
  const { receivedAt, connectionId, logs }: MessageRow = readTuple(tuple);
  return {
    receivedAt: Math.floor(receivedAt / 1000),
    connectionId,
    path: (table === 'logs_audit' ? ENDPOINTS.audit : ENDPOINTS.expiring).path,
    ipAddr: '',
    reason: `refused_by_database_${sqlState}`,
    size: logs.length,
    // A copy: a slice would retain the batch in memory.
    head: Buffer.from(logs.subarray(0, REJECTED_HEAD_BYTES)),
  };
}

export interface RejectedRow {
  /** See `message-tuple.ts` of storage. */
  tuple: Buffer;
  sqlState: string;
}

/** Fewer rows than this are copied one by one. */
const MIN_SPLIT_ROWS = 8;

/**
 * Copies rows within the open transaction, and returns those that the database rejects: splits a failed part in halves
 * until single rows are left.
 */
async function copyRowByRow(
  client: ClientBase,
  table: LogTable,
  tuples: readonly Buffer[],
): Promise<RejectedRow[]> {
  const rejected: RejectedRow[] = [];
  const parts = [tuples];
  await client.query('SAVEPOINT rows');
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    try {
      await runPipeline(client, [copyRows(table, part)]);
      await client.query('RELEASE SAVEPOINT rows; SAVEPOINT rows');
    } catch (error) {
      if (!isRejectedData(error)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT rows');
      const [first, ...others] = part;
      if (first !== undefined && others.length === 0) {
        rejected.push({ tuple: first, sqlState: sqlStateOf(error) ?? '' });
      } else {
        // Reversed, since `pop` takes the last one: rows keep their order.
        parts.push(...split(part).reverse());
      }
    }
  }
  return rejected;
}

function split(tuples: readonly Buffer[]): (readonly Buffer[])[] {
  if (tuples.length < MIN_SPLIT_ROWS) return tuples.map((tuple) => [tuple]);
  const half = tuples.length >> 1;
  return [tuples.slice(0, half), tuples.slice(half)];
}

/** The row-by-row fallback: stores a batch without what the database rejects, in the open transaction. */
export class RowByRowWriter {
  private readonly logger = new Logger('PostgresSink');

  constructor(private readonly client: ClientBase) {}

  /** @returns the rejected messages, which are stored in `rejected_messages` */
  async write(batch: Batch): Promise<RejectedMessage[]> {
    const { number } = batch.collector;
    await this.connections(batch.connections, number);
    const rejected: RejectedMessage[] = [];
    for (const { table, block } of blocksOf(batch)) {
      const rows = await copyRowByRow(this.client, table, splitTuples(block.tuples));
      rejected.push(...rows.map((row) => toRejectedMessage(row, table)));
    }
    await this.rejected([...batch.rejected, ...rejected], number);
    return rejected;
  }

  private connections(snapshots: readonly ConnectionSnapshot[], collector: number): Promise<void> {
    return this.atOnceOrSingly(
      snapshots,
      (some) => upsertConnections(some, collector),
      ({ id }) => `the update of connection ${id.toString()}`,
    );
  }

  private rejected(messages: readonly RejectedMessage[], collector: number): Promise<void> {
    return this.atOnceOrSingly(
      messages,
      (some) => insertRejected(some, collector),
      ({ reason }) => `a rejected message (${reason})`,
    );
  }

  /** Writes all items at once, or one by one if that is rejected. */
  private async atOnceOrSingly<T>(
    items: readonly T[],
    step: (items: readonly T[]) => Step,
    describe: (item: T) => string,
  ): Promise<void> {
    if (items.length === 0 || (await this.rejection(step(items))) === undefined) return;
    for (const item of items) {
      const error = await this.rejection(step([item]));
      if (error === undefined) continue;
      this.logger.error(`The database rejected ${describe(item)}: ${error.message}`);
    }
  }

  /** Runs a step. @returns the error if the database rejects it; then nothing was written */
  private async rejection(step: Step): Promise<Error | undefined> {
    await this.client.query('SAVEPOINT items');
    try {
      await runPipeline(this.client, [step]);
    } catch (error) {
      if (!isRejectedData(error)) throw error;
      await this.client.query('ROLLBACK TO SAVEPOINT items; RELEASE SAVEPOINT items');
      return error;
    }
    await this.client.query('RELEASE SAVEPOINT items');
    return undefined;
  }
}
