import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { Settings } from '../../platform/config/index.js';

import { WriterPool } from '../connections/writer-pool.js';
import { CoordinatorRefusalError, onCoordinator } from './citus-coordinator.js';
import {
  AdvisoryLock,
  hasSqlState,
  type LogTable,
  LOG_TABLES,
  PARTITIONS_AHEAD_MS,
  SqlState,
} from '../schema/index.js';
import { listPartitions, partitionName } from './partition-catalogue.js';
import { missingRanges, type PartitionWidth, spansOf, type TimeRange, widthFor } from './partition-width.js';

const LOCK_TIMEOUT = '2s';

/** Tries in a row that somebody else was faster than, or whose name was taken. */
const MOST_TRIES = 5;

/** Partitions for one batch that are worth a warning: messages may be dated eight days apart, by their nodes. */
const MANY = 200;

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
    for (const table of LOG_TABLES) await this.ensure(table, now, now + PARTITIONS_AHEAD_MS);
  }

  /**
   * Makes what is missing for messages between two moments, both included: milliseconds since the epoch.
   * Each partition in a transaction of its own, so that those which are made stay when a later one fails.
   */
  async ensure(table: LogTable, first: number, last: number, signal?: AbortSignal): Promise<void> {
    let tries = 0;
    while (!this.isCovered(table, first, last)) {
      try {
        await this.pool.withClient((client) => this.makeNext(client, table, first, last, tries), signal);
        tries = 0;
      } catch (error) {
        this.known.delete(table);
        tries += 1;
        if (!isTaken(error) || tries === MOST_TRIES) throw error;
      }
    }
  }

  /**
   * Makes what is missing for messages of some moments, and nothing for the time between them.
   *
   * @param range the first and the last of the moments: milliseconds since the epoch
   * @param moments all of them. They are gone through only where something is missing within the range.
   */
  async ensureFor(
    table: LogTable,
    { first, last }: { first: number; last: number },
    moments: () => Iterable<number>,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.isCovered(table, first, last)) return;
    const spans = spansOf(moments(), this.widthOf(table)).filter((span) => !this.isCovered(table, ...span));
    if (spans.length > MANY) {
      this.logger.warn(
        `One batch needs ${spans.length.toString()} new partitions of ${table}: ` +
          'the clock of a server or of many nodes may be wrong.',
      );
    }
    for (const [from, to] of spans) await this.ensure(table, from, to, signal);
  }

  /** Forgets what is known of a table, after a partition was found to be gone. */
  forget(table: LogTable): void {
    this.known.delete(table);
  }

  private isCovered(table: LogTable, first: number, last: number): boolean {
    return this.missing(table, this.known.get(table) ?? [], first, last).length === 0;
  }

  private missing(
    table: LogTable,
    existing: readonly TimeRange[],
    first: number,
    last: number,
  ): readonly TimeRange[] {
    return missingRanges(existing, first, last, this.widthOf(table));
  }

  private async makeNext(
    client: ClientBase,
    table: LogTable,
    first: number,
    last: number,
    tries: number,
  ): Promise<void> {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query('SELECT pg_advisory_xact_lock($1)', [AdvisoryLock.Partitions]);
    const [next] = this.missing(table, await listPartitions(client, table), first, last);
    if (next !== undefined) await this.make(client, table, next, tries);
    const known = await listPartitions(client, table);
    await client.query('COMMIT');
    this.known.set(table, known);
  }

  /** CREATE … PARTITION OF would lock out everybody who reads or writes the table; ATTACH does not. */
  private async make(client: ClientBase, table: LogTable, range: TimeRange, tries: number): Promise<void> {
    // The usual name may belong to a table that is no partition: detached to be archived, or left half-made.
    const name = partitionName(table, range) + (tries === 0 ? '' : `_${tries.toString()}`);
    const [from, to] = [range.from, range.to].map((at) => new Date(at).toISOString());
    await onCoordinator(client, [
      `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING COMPRESSION)`,
      `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from ?? ''}') TO ('${to ?? ''}')`,
    ]);
    this.logger.log(`Created partition ${name}.`);
  }
}

/**
 * Whether the range or the name was taken: somebody who does not share our advisory lock (another node of a
 * Citus cluster) was faster, or there is a table of that name.
 */
function isTaken(error: unknown): boolean {
  if (error instanceof CoordinatorRefusalError) return /already exists|would overlap/.test(error.message);
  return hasSqlState(error, SqlState.DuplicateTable, SqlState.InvalidObjectDefinition);
}
