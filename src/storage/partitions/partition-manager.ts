import { Injectable, Logger } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { Settings } from '../../platform/config/index.js';

import { WriterPool } from '../connections/writer-pool.js';
import { CoordinatorError, listPartitions, onCoordinator, partitionName } from './partition-catalogue.js';
import {
  AdvisoryLock,
  hasSqlState,
  HOUR_MS,
  type LogTable,
  LOG_TABLES,
  PARTITIONS_AHEAD_MS,
  SqlState,
} from '../schema/index.js';
import {
  missingRanges,
  type PartitionWidth,
  spansOf,
  type TimeRange,
  widePartitions,
  widthFor,
} from './partition-width.js';

const LOCK_TIMEOUT = '2s';

/** Consecutive attempts that fail because another process was faster, or because the name is taken. */
const MAX_ATTEMPTS = 5;

/** New partitions of one batch that cause a warning. The timestamps of its messages may be eight days apart. */
const MAX_EXPECTED_PARTITIONS = 200;

/** Creates partitions before messages need them. */
@Injectable()
export class PartitionManager {
  private readonly logger = new Logger(PartitionManager.name);
  private readonly known = new Map<LogTable, TimeRange[]>();
  private checkedWidth = false;

  constructor(
    private readonly settings: Settings,
    private readonly pool: WriterPool,
  ) {}

  widthOf(table: LogTable): PartitionWidth {
    return table === 'logs_audit' ? 'month' : widthFor(this.settings.LOG_EXPIRY_H);
  }

  /** Creates the current and the next partitions: a timestamp may be a day in the future. */
  async ensureAhead(now: number): Promise<void> {
    for (const table of LOG_TABLES) await this.ensure(table, now, now + PARTITIONS_AHEAD_MS);
    if (!this.checkedWidth) this.warnOfWidePartitions(now);
    this.checkedWidth = true;
  }

  /**
   * Creates the missing partitions between two times, both included: milliseconds since the epoch. Each in its own
   * transaction, so that they stay if a later one fails.
   */
  async ensure(table: LogTable, first: number, last: number, signal?: AbortSignal): Promise<void> {
    let attempts = 0;
    while (!this.isCovered(table, first, last)) {
      try {
        await this.pool.withClient((client) => this.createNext(client, table, first, last, attempts), signal);
        attempts = 0;
      } catch (error) {
        this.known.delete(table);
        attempts += 1;
        if (!isTaken(error) || attempts === MAX_ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Creates the missing partitions of some times, and none between them.
   *
   * @param range the first and the last time: milliseconds since the epoch
   * @param moments all times; read only if partitions are missing within the range
   */
  async ensureFor(
    table: LogTable,
    { first, last }: { first: number; last: number },
    moments: () => Iterable<number>,
    signal?: AbortSignal,
  ): Promise<void> {
    if (this.isCovered(table, first, last)) return;
    const spans = spansOf(moments(), this.widthOf(table)).filter((span) => !this.isCovered(table, ...span));
    if (spans.length > MAX_EXPECTED_PARTITIONS) {
      this.logger.warn(
        `One batch needs ${spans.length.toString()} new partitions of ${table}: ` +
          'the clock of a server or of many nodes may be wrong.',
      );
    }
    for (const [from, to] of spans) await this.ensure(table, from, to, signal);
  }

  /** Clears the cache of a table, since one of its partitions was dropped. */
  forget(table: LogTable): void {
    this.known.delete(table);
  }

  /** Once, at the start: a lower LOG_EXPIRY_H does not narrow partitions that exist. */
  private warnOfWidePartitions(now: number): void {
    const { LOG_EXPIRY_H } = this.settings;
    const wide = widePartitions(this.known.get('logs_expiring') ?? [], LOG_EXPIRY_H, now);
    if (wide === undefined) return;
    const days = Math.ceil(wide.longestMs / (24 * HOUR_MS)).toString();
    this.logger.warn(
      `LOG_EXPIRY_H is ${LOG_EXPIRY_H.toString()}, but ${wide.count.toString()} wider partitions exist from a higher ` +
        `value. Messages in them stay for up to ${days} days, the last until ${new Date(wide.until).toISOString()}.`,
    );
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

  private async createNext(
    client: ClientBase,
    table: LogTable,
    first: number,
    last: number,
    attempts: number,
  ): Promise<void> {
    await client.query('BEGIN');
    await client.query(`SET LOCAL lock_timeout = '${LOCK_TIMEOUT}'`);
    await client.query('SELECT pg_advisory_xact_lock($1)', [AdvisoryLock.Partitions]);
    const [next] = this.missing(table, await listPartitions(client, table), first, last);
    if (next !== undefined) await this.create(client, table, next, attempts);
    const known = await listPartitions(client, table);
    await client.query('COMMIT');
    this.known.set(table, known);
  }

  /** ATTACH PARTITION, since CREATE … PARTITION OF would block all reads and writes of the table. */
  private async create(
    client: ClientBase,
    table: LogTable,
    range: TimeRange,
    attempts: number,
  ): Promise<void> {
    // The name may belong to a table that is not a partition: detached, or not attached yet.
    const name = partitionName(table, range) + (attempts === 0 ? '' : `_${attempts.toString()}`);
    const [from, to] = [range.from, range.to].map((at) => new Date(at).toISOString());
    await onCoordinator(client, [
      `CREATE TABLE ${name} (LIKE ${table} INCLUDING DEFAULTS INCLUDING COMPRESSION)`,
      `ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM ('${from ?? ''}') TO ('${to ?? ''}')`,
    ]);
    this.logger.log(`Created partition ${name}.`);
  }
}

/**
 * Whether the range or the name is taken: another node of a Citus cluster, which does not share the advisory lock, was
 * faster, or there is a table of that name.
 */
function isTaken(error: unknown): boolean {
  if (error instanceof CoordinatorError) return /already exists|would overlap/.test(error.message);
  return hasSqlState(error, SqlState.DuplicateTable, SqlState.InvalidObjectDefinition);
}
