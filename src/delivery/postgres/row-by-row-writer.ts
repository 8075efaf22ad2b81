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
import { type Batch, REJECTED_HEAD_BYTES, type RejectedMessage } from '../../telemetry/index.js';
import { blocksOf, copyRows, insertRejected, upsertConnections } from './batch-statements.js';
import { runPipeline, type Step } from './pipeline.js';

/** A row that the database rejected, as a message that is set aside. It must not be rejected a second time. */
export function toRejectedMessage({ tuple, sqlState }: RejectedRow, table: LogTable): RejectedMessage {
  const { receivedAt, connectionId, logs }: MessageRow = readTuple(tuple);
  return {
    receivedAt: Math.floor(receivedAt / 1000),
    connectionId,
    path: table === 'logs_audit' ? '/audit' : '/',
    ipAddr: '',
    reason: `refused_by_database_${sqlState}`,
    size: logs.length,
    // A copy: a slice would hold the whole batch.
    head: Buffer.from(logs.subarray(0, REJECTED_HEAD_BYTES)),
  };
}

export interface RejectedRow {
  /** See `message-tuple.ts` of storage. */
  tuple: Buffer;
  sqlState: string;
}

/** Fewer rows than this are tried one by one. */
const FEW = 8;

/**
 * Copies the rows that the database takes and returns the others, within the transaction that is open: halves
 * what fails until single rows are left. Slow only where something is wrong.
 */
async function copyRowByRow(
  client: ClientBase,
  table: LogTable,
  tuples: readonly Buffer[],
): Promise<RejectedRow[]> {
  const rejected: RejectedRow[] = [];
  const waiting = [tuples];
  await client.query('SAVEPOINT rows');
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
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
        // From behind, so that the rows keep their order.
        waiting.push(...split(part).reverse());
      }
    }
  }
  return rejected;
}

function split(tuples: readonly Buffer[]): (readonly Buffer[])[] {
  if (tuples.length < FEW) return tuples.map((tuple) => [tuple]);
  const half = tuples.length >> 1;
  return [tuples.slice(0, half), tuples.slice(half)];
}

/** Writes a batch but for what the database refuses, statement by statement in the transaction that is open. */
export class RowByRowWriter {
  private readonly logger = new Logger('PostgresSink');

  constructor(private readonly client: ClientBase) {}

  /** @returns the messages that were rejected, which are among the rejected now */
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
    return this.parts(
      snapshots,
      (some) => upsertConnections(some, collector),
      ({ id }) => `the update of connection ${id.toString()}`,
    );
  }

  private rejected(messages: readonly RejectedMessage[], collector: number): Promise<void> {
    return this.parts(
      messages,
      (some) => insertRejected(some, collector),
      ({ reason }) => `a rejected message (${reason})`,
    );
  }

  /** Writes all at once, or where that is rejected one by one. */
  private async parts<T>(
    items: readonly T[],
    step: (items: readonly T[]) => Step,
    describe: (item: T) => string,
  ): Promise<void> {
    if (items.length === 0 || (await this.refusal(step(items))) === undefined) return;
    for (const item of items) {
      const error = await this.refusal(step([item]));
      if (error === undefined) continue;
      this.logger.error(`The database rejected ${describe(item)}: ${error.message}`);
    }
  }

  /** Does something, or nothing where the database refuses it. */
  private async refusal(step: Step): Promise<Error | undefined> {
    await this.client.query('SAVEPOINT part');
    try {
      await runPipeline(this.client, [step]);
    } catch (error) {
      if (!isRejectedData(error)) throw error;
      await this.client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
      return error;
    }
    await this.client.query('RELEASE SAVEPOINT part');
    return undefined;
  }
}
