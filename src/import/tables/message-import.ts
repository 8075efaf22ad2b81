import type { Settings } from '../../platform/config/index.js';
import { HOUR_MS, logTable, readClocks } from '../../storage/index.js';
import { ImportError } from '../import-options.js';
import type { Skipped } from '../import-report.js';
import type { ImportWorker } from '../import-worker.js';
import type { IdRange } from '../source/id-ranges.js';
import type { SourceTable } from '../source/inspect-source.js';
import { fingerprintsIn } from '../source/source-identity.js';
import {
  COPIED_COLUMNS,
  copyLogs,
  countLogs,
  type LogGroup,
  type LogQuery,
  millisecondsOf,
  readConnections,
  type SourceIdentity,
} from '../source/source-sql.js';
import type { BoundedPartitions } from '../target/bounded-partitions.js';
import { hourOf, type ImportLedger, type RangeResult } from '../target/import-ledger.js';
import {
  describeConnections,
  knownConnections,
  writeConnections,
  type WrittenConnection,
} from '../target/write-connections.js';
import { TableImport } from './table-import.js';

/** The target of messages and their connections. */
export interface MessageTarget extends SourceIdentity {
  settings: Settings;
  partitions: BoundedPartitions;
}

/** Imports messages together with the rows of their connections. */
export class MessageImport extends TableImport {
  constructor(
    private readonly logs: SourceTable,
    private readonly connections: SourceTable,
    ledger: ImportLedger,
    private readonly target: MessageTarget,
  ) {
    super(logs.name, ledger);
  }

  protected override forgetPartitions(): void {
    this.target.partitions.forget();
  }

  protected override async importRange(worker: ImportWorker, range: IdRange): Promise<RangeResult> {
    // Messages that expire during the import are skipped: their partition may be gone.
    const { now } = await readClocks(worker.target);
    const { logs, connections, ledger } = this;
    const { collector, settings, partitions } = this.target;
    const cutoff = now - settings.LOG_EXPIRY_H * HOUR_MS;
    const query: LogQuery = { logs, connections, collector, range, cutoff, now };
    return await worker.reading(async () => {
      const sql = countLogs(query, partitions.widthOf('logs_expiring'));
      const groups = (await worker.source.query<LogGroup>(sql)).rows;
      const taken = groups.filter(({ reason }) => reason === null);
      const written = await this.connectionsOf(worker, taken);
      const fingerprints = await fingerprintsIn(worker.source, this.table, range);
      await this.ensurePartitions(worker, taken);
      return await ledger.transaction(worker.target, async () => {
        const imported = await this.copy(worker, query, taken);
        // After the messages: transactions with the same connections wait for this one only from here on.
        if (written.length > 0) await writeConnections(worker.target, collector, written);
        const outcome = { imported, skipped: skippedOf(groups), expiring: expiringOf(taken), fingerprints };
        await ledger.record(worker.target, this.table, range, outcome);
        return outcome;
      });
    });
  }

  private async connectionsOf(
    worker: ImportWorker,
    groups: readonly LogGroup[],
  ): Promise<WrittenConnection[]> {
    const times = new Map<number, { oldest: string; newest: string }>();
    for (const { connection, oldest, newest } of groups) {
      if (connection === null) continue;
      const known = times.get(connection);
      times.set(connection, {
        oldest: known !== undefined && known.oldest < oldest ? known.oldest : oldest,
        newest: known !== undefined && known.newest > newest ? known.newest : newest,
      });
    }
    if (times.size === 0) return [];
    const rows = await readConnections(worker.source, this.connections, this.target, 'c.id = ANY($1)', [
      [...times.keys()],
    ]);
    return rows.flatMap((row) => {
      const heard = times.get(row.old_id);
      return heard === undefined ? [] : [{ ...row, ...heard }];
    });
  }

  private async ensurePartitions(worker: ImportWorker, groups: readonly LogGroup[]): Promise<void> {
    for (const audit of [false, true]) {
      const spans = groups
        .filter((group) => group.audit === audit)
        .map(({ oldest, newest }) => ({ first: millisecondsOf(oldest), last: millisecondsOf(newest) + 1 }));
      await this.target.partitions.ensure(worker.target, logTable({ audit }), spans);
    }
  }

  private async copy(worker: ImportWorker, query: LogQuery, groups: readonly LogGroup[]): Promise<number> {
    let copied = 0;
    for (const audit of [false, true]) {
      const expected = rowsOf(groups.filter((group) => group.audit === audit));
      if (expected === 0) continue;
      const into = `COPY ${logTable({ audit })} (${COPIED_COLUMNS}) FROM STDIN`;
      const rows = await worker.copy(copyLogs(query, audit), into);
      if (rows !== expected) {
        throw new ImportError(
          `${this.table} has ${expected} messages to import with ids from ${query.range.first} to ` +
            `${query.range.last}, but ${rows} were copied. None of them is stored.`,
        );
      }
      copied += rows;
    }
    return copied;
  }
}

function skippedOf(groups: readonly LogGroup[]): Skipped {
  const skipped: Skipped = {};
  for (const { reason, rows } of groups) {
    if (reason !== null) skipped[reason] = (skipped[reason] ?? 0) + rows;
  }
  return skipped;
}

function expiringOf(groups: readonly LogGroup[]): Record<string, number> {
  const expiring: Record<string, number> = {};
  for (const { audit, oldest, rows } of groups) {
    if (audit) continue;
    const hour = hourOf(new Date(millisecondsOf(oldest)));
    expiring[hour] = (expiring[hour] ?? 0) + rows;
  }
  return expiring;
}

function rowsOf(groups: readonly LogGroup[]): number {
  return groups.reduce((sum, { rows }) => sum + rows, 0);
}

/**
 * Imports connections without imported messages, after all messages. Expired connections are skipped, because the purge
 * would remove them.
 */
export class ConnectionImport extends TableImport {
  constructor(
    private readonly connections: SourceTable,
    ledger: ImportLedger,
    private readonly target: Pick<MessageTarget, 'collector' | 'genesis' | 'settings'>,
  ) {
    super(connections.name, ledger);
  }

  protected override async importRange(worker: ImportWorker, range: IdRange): Promise<RangeResult> {
    const { collector, settings } = this.target;
    const cutoff = (await readClocks(worker.target)).now - settings.LOG_EXPIRY_H * HOUR_MS;
    const fingerprints = await fingerprintsIn(worker.source, this.table, range);
    const rows = await readConnections(
      worker.source,
      this.connections,
      this.target,
      'c.id BETWEEN $1 AND $2',
      [range.first, range.last],
    );
    return await this.ledger.transaction(worker.target, async () => {
      const known = await knownConnections(
        worker.target,
        collector,
        rows.map(({ id }) => id),
      );
      const kept = rows.filter(
        ({ id, audit, created_at: at }) => audit || millisecondsOf(at) >= cutoff || known.has(id),
      );
      if (kept.length > 0) await describeConnections(worker.target, collector, kept);
      const expired = rows.length - kept.length;
      const expiring: Record<string, number> = {};
      for (const { audit, created_at: at } of kept) {
        const hour = hourOf(new Date(millisecondsOf(at)));
        if (!audit) expiring[hour] = (expiring[hour] ?? 0) + 1;
      }
      const skipped = expired === 0 ? {} : { expired };
      const outcome: RangeResult = { imported: kept.length, skipped, expiring, fingerprints };
      await this.ledger.record(worker.target, this.table, range, outcome);
      return outcome;
    });
  }
}
