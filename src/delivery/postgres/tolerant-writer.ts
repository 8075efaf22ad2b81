import { Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import type { Batch, RejectedMessage } from '../../telemetry/index.js';
import { blocksOf } from './blocks.js';
import { upsertConnections } from './connection-upsert.js';
import { runPipeline, type Step } from './pipeline.js';
import { rejectedFrom } from './refused-row.js';
import { insertRejected } from './rejected-insert.js';
import { type ConnectionSnapshot, isRefusedData, splitTuples } from '../../storage/index.js';
import { copyTolerantly } from './tolerant-copy.js';

/** Writes a batch but for what the database refuses, statement by statement in the transaction that is open. */
export class TolerantWriter {
  private readonly logger = new Logger('PostgresSink');

  constructor(private readonly client: ClientBase) {}

  /** @returns the messages that were refused, which are among the rejected now */
  async write(batch: Batch): Promise<RejectedMessage[]> {
    const { number } = batch.collector;
    await this.connections(batch.connections, number);
    const refused: RejectedMessage[] = [];
    for (const { table, block } of blocksOf(batch)) {
      const rows = await copyTolerantly(this.client, table, splitTuples(block.tuples));
      refused.push(...rows.map((row) => rejectedFrom(row, table)));
    }
    await this.rejected([...batch.rejected, ...refused], number);
    return refused;
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

  /** Writes all at once, or where that is refused one by one. */
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
      if (!isRefusedData(error)) throw error;
      await this.client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
      return error;
    }
    await this.client.query('RELEASE SAVEPOINT part');
    return undefined;
  }
}
