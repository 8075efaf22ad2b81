import { Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { type ConnectionSnapshot, type RejectedMessage, splitRows } from '../../telemetry/index.js';
import type { LogTable } from '../partitions/partition-catalogue.js';
import { upsertConnections } from './connection-upsert.js';
import { copyRows } from './copy-rows.js';
import { insertRejected } from './rejected-insert.js';
import { isRefusedData } from './sql-state.js';
import { copyTolerantly, type RefusedRow } from './tolerant-copy.js';

/** Writes the parts of a batch within the transaction that is open. */
export abstract class RowWriter {
  abstract connections(client: ClientBase, snapshots: readonly ConnectionSnapshot[]): Promise<void>;

  /** @returns the rows that the database refused */
  abstract rows(client: ClientBase, table: LogTable, text: Buffer): Promise<RefusedRow[]>;

  abstract rejected(client: ClientBase, messages: readonly RejectedMessage[]): Promise<void>;
}

/** All or nothing: what every batch gets first. */
export class WholeRowWriter extends RowWriter {
  override connections(client: ClientBase, snapshots: readonly ConnectionSnapshot[]): Promise<void> {
    return upsertConnections(client, snapshots);
  }

  override async rows(client: ClientBase, table: LogTable, text: Buffer): Promise<RefusedRow[]> {
    await copyRows(client, table, text);
    return [];
  }

  override rejected(client: ClientBase, messages: readonly RejectedMessage[]): Promise<void> {
    return insertRejected(client, messages);
  }
}

/** Leaves out what the database refuses, so that the rest of the batch is stored. */
export class TolerantRowWriter extends RowWriter {
  private readonly logger = new Logger('PostgresSink');

  override connections(client: ClientBase, snapshots: readonly ConnectionSnapshot[]): Promise<void> {
    return this.write(client, snapshots, upsertConnections, ({ id }) => `The news of connection ${id}`);
  }

  override rows(client: ClientBase, table: LogTable, text: Buffer): Promise<RefusedRow[]> {
    return copyTolerantly(client, table, splitRows(text));
  }

  override rejected(client: ClientBase, messages: readonly RejectedMessage[]): Promise<void> {
    return this.write(client, messages, insertRejected, ({ reason }) => `A rejected message (${reason})`);
  }

  /** Writes all at once, or where that is refused one by one. */
  private async write<T>(
    client: ClientBase,
    items: readonly T[],
    insert: (client: ClientBase, items: readonly T[]) => Promise<void>,
    describe: (item: T) => string,
  ): Promise<void> {
    if ((await this.refusal(client, () => insert(client, items))) === undefined) return;
    for (const item of items) {
      const error = await this.refusal(client, () => insert(client, [item]));
      if (error === undefined) continue;
      this.logger.error(`${describe(item)} was refused by the database: ${error.message}`);
    }
  }

  /** Does something, or nothing where the database refuses it. */
  private async refusal(client: ClientBase, work: () => Promise<void>): Promise<Error | undefined> {
    await client.query('SAVEPOINT part');
    try {
      await work();
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part');
      return error;
    }
    await client.query('RELEASE SAVEPOINT part');
    return undefined;
  }
}
