import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { Settings } from '../../config/index.js';
import { hasSqlState, SqlState } from '../sink/sql-state.js';
import { WriterPool } from '../writer-pool.js';
import { onCoordinator } from './citus-coordinator.js';
import { type LogTable, listPartitions, LOG_TABLES, partitionName } from './partition-catalogue.js';
import { missingRanges, type PartitionWidth, type TimeRange, widthFor } from './partition-width.js';

/** Any number does, as long as nobody else takes it: "tetcore" in ASCII, cut to 31 bits. */
export const PARTITION_LOCK = 0x74657463;
const LOCK_TIMEOUT = '2s';
const DAY_MS = 86_400_000;

/** Makes partitions before messages need them. */
@Injectable()
export class PartitionManager {
  private readonly logger = new Logger(PartitionManager.name);
  private readonly known = new Map<LogTable, TimeRange[]>();

  constructor(
    private readonly settings: Settings,
    private readonly pool: WriterPool,
  ) {}

  widthOf(table: LogTable): PartitionWidth {
    return table === 'logs_audit' ? 'month' : widthFor(this.settings.LOG_EXPIRY_H);
  }

  /** Makes the partitions of now and of the time ahead: a message may be dated a day into the future. */
  async ensureAhead(now: number): Promise<void> {
    for (const table of LOG_TABLES) await this.ensure(table, now, now + 2 * DAY_MS);
  }

  /** Makes what is missing for messages between two moments, both included: milliseconds since the epoch. */
  async ensure(table: LogTable, first: number, last: number): Promise<void> {
    const width = this.widthOf(table);
    if (missingRanges(this.known.get(table) ?? [], first, last, width).length === 0) return;
    await this.pool.withClient((client) => this.create(client, table, first, last));
  }

  /** Forgets what is known of a table, after a partition was found to be gone. */
  forget(table: LogTable): void {
    this.known.delete(table);
  }

  private async create(client: ClientBase, table: LogTable, first: number, last: number): Promise<void> {
    await client.query('BEGIN');
    try {
      await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
      await client.query('SELECT pg_advisory_xact_lock($1)', [PARTITION_LOCK]);
      const existing = await listPartitions(client, table);
      for (const range of missingRanges(existing, first, last, this.widthOf(table))) {
        await this.attach(client, table, range);
      }
      const known = await listPartitions(client, table);
      await client.query('COMMIT');
      this.known.set(table, known);
    } catch (error) {
      await client.query('ROLLBACK').catch(() => undefined);
      this.known.delete(table);
      throw error;
    }
  }

  /** CREATE … PARTITION OF would lock out everybody who reads or writes the table; ATTACH does not. */
  private async attach(client: ClientBase, table: LogTable, range: TimeRange): Promise<void> {
    const name = partitionName(table, range);
    const [from, to] = [range.from, range.to].map((at) => new Date(at).toISOString());
    await client.query('SAVEPOINT attach');
    try {
      await onCoordinator(client, [
        `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS)`,
        `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from ?? ''}') TO ('${to ?? ''}')`,
      ]);
      await client.query('RELEASE SAVEPOINT attach');
      this.logger.log(`Made the partition ${name}.`);
    } catch (error) {
      // Somebody who does not share our advisory lock (another node of a Citus cluster) was faster.
      if (!hasSqlState(error, SqlState.DuplicateTable, SqlState.InvalidObjectDefinition)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT attach');
    }
  }
}
