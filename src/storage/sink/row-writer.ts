import { Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { type ConnectionSnapshot, splitRows } from '../../telemetry/index.js';
import type { LogTable } from '../partitions/partition-catalogue.js';
import { upsertConnections } from './connection-upsert.js';
import { copyRows } from './copy-rows.js';
import { isRefusedData } from './sql-state.js';
import { copyTolerantly, type RefusedRow } from './tolerant-copy.js';

/** Writes the parts of a batch within the transaction that is open. */
export abstract class RowWriter {
  abstract connections(client: ClientBase, snapshots: readonly ConnectionSnapshot[]): Promise<void>;

  /** @returns the rows that the database refused */
  abstract rows(client: ClientBase, table: LogTable, text: Buffer): Promise<RefusedRow[]>;
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
}

/** Leaves out what the database refuses, so that the rest of the batch is stored. */
export class TolerantRowWriter extends RowWriter {
  private readonly logger = new Logger('PostgresSink');

  override async connections(client: ClientBase, snapshots: readonly ConnectionSnapshot[]): Promise<void> {
    for (const snapshot of snapshots) {
      await client.query('SAVEPOINT connection');
      try {
        await upsertConnections(client, [snapshot]);
      } catch (error) {
        if (!isRefusedData(error)) throw error;
        await client.query('ROLLBACK TO SAVEPOINT connection');
        this.logger.error(`The database refused the news of connection ${snapshot.id}: ${String(error)}`);
      }
    }
  }

  override rows(client: ClientBase, table: LogTable, text: Buffer): Promise<RefusedRow[]> {
    return copyTolerantly(client, table, splitRows(text));
  }
}
