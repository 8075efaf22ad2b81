import { HOUR_MS, logTable, readClocks } from '../../storage/index.js';
import type { Settings } from '../../platform/config/index.js';
import type { IdRange } from '../id-ranges.js';
import type { LeftOut } from '../import-report.js';
import { ImportError } from '../import.error.js';
import type { Lane } from '../lane.js';
import { readConnections, type SourceIdentity } from '../source/connection-sql.js';
import { fingerprintsIn } from '../source/fingerprints.js';
import { COPIED_COLUMNS, copyLogs, countLogs, type LogGroup, type LogQuestion } from '../source/log-sql.js';
import type { SourceTable } from '../source/source-tables.js';
import { millisecondsOf } from '../source/time-text.js';
import type { BoundedPartitions } from '../target/bounded-partitions.js';
import { hourOf, type ImportLedger, type Outcome } from '../target/import-ledger.js';
import { writeConnections, type WrittenConnection } from '../target/write-connections.js';
import { TableImport } from './table-import.js';

/** Where messages and their connections come to. */
export interface MessageTarget extends SourceIdentity {
  settings: Settings;
  partitions: BoundedPartitions;
}

/** Brings messages over, and with them the rows of their connections. */
export class LogImport extends TableImport {
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

  protected override async bring(lane: Lane, range: IdRange): Promise<Outcome> {
    // What expires while the import runs is not brought either: its partition may be gone.
    const { now } = await readClocks(lane.target);
    const { logs, connections, ledger } = this;
    const { collector, settings, partitions } = this.target;
    const cutoff = now - settings.LOG_EXPIRY_H * HOUR_MS;
    const question: LogQuestion = { logs, connections, collector, range, cutoff, now };
    return await lane.reading(async () => {
      const sql = countLogs(question, partitions.widthOf('logs_expiring'));
      const groups = (await lane.source.query<LogGroup>(sql)).rows;
      const taken = groups.filter(({ reason }) => reason === null);
      const written = await this.connectionsOf(lane, taken);
      const fingerprints = await fingerprintsIn(lane.source, this.table, range);
      await this.ensurePartitions(lane, taken);
      return await ledger.transaction(lane.target, async () => {
        const imported = await this.copy(lane, question, taken);
        // Behind the messages: others who have the same connections wait for us only from here on.
        if (written.length > 0) await writeConnections(lane.target, collector, written);
        const outcome = { imported, leftOut: leftOutOf(groups), expiring: expiringOf(taken), fingerprints };
        await ledger.note(lane.target, this.table, range, outcome);
        return outcome;
      });
    });
  }

  private async connectionsOf(lane: Lane, groups: readonly LogGroup[]): Promise<WrittenConnection[]> {
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
    const rows = await readConnections(lane.source, this.connections, this.target, 'c.id = ANY($1)', [
      [...times.keys()],
    ]);
    return rows.flatMap((row) => {
      const heard = times.get(row.old_id);
      return heard === undefined ? [] : [{ ...row, ...heard }];
    });
  }

  private async ensurePartitions(lane: Lane, groups: readonly LogGroup[]): Promise<void> {
    for (const audit of [false, true]) {
      const spans = groups
        .filter((group) => group.audit === audit)
        .map(({ oldest, newest }) => ({ first: millisecondsOf(oldest), last: millisecondsOf(newest) + 1 }));
      await this.target.partitions.ensure(lane.target, logTable({ audit }), spans);
    }
  }

  private async copy(lane: Lane, question: LogQuestion, groups: readonly LogGroup[]): Promise<number> {
    let copied = 0;
    for (const audit of [false, true]) {
      const expected = rowsOf(groups.filter((group) => group.audit === audit));
      if (expected === 0) continue;
      const into = `COPY ${logTable({ audit })} (${COPIED_COLUMNS}) FROM STDIN`;
      const rows = await lane.copy(copyLogs(question, audit), into);
      if (rows !== expected) {
        throw new ImportError(
          `${this.table} has ${expected} messages to import with ids from ${question.range.first} to ` +
            `${question.range.last}, but ${rows} were copied. None of them is stored.`,
        );
      }
      copied += rows;
    }
    return copied;
  }
}

function leftOutOf(groups: readonly LogGroup[]): LeftOut {
  const leftOut: LeftOut = {};
  for (const { reason, rows } of groups) {
    if (reason !== null) leftOut[reason] = (leftOut[reason] ?? 0) + rows;
  }
  return leftOut;
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
