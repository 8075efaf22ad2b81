import { Presets, SingleBar } from 'cli-progress';
import type { WriteStream } from 'node:tty';
import type { ImportProgress } from './import-options.js';
import {
  accounted,
  agrees,
  type ImportReport,
  SKIP_REASONS,
  type SkipReason,
  type StoredReport,
  type TableReport,
} from './import-report.js';

const LINE_INTERVAL_MS = 5_000;

/** A progress bar on a terminal; otherwise a line every few seconds. */
export function progressOn(stream: NodeJS.WritableStream): ImportProgress {
  return (stream as Partial<WriteStream>).isTTY === true ? new Bar(stream) : new Lines(stream);
}

/** The rows of a table that have been imported, and their rate. */
class Pace {
  rows = 0;
  ids = 0;
  private readonly startedAt = performance.now();

  constructor(
    readonly table: string,
    readonly total: number,
  ) {}

  advance(ids: number, rows: number): void {
    this.ids += ids;
    this.rows += rows;
  }

  /** Rows per second. */
  get rate(): number {
    return Math.round(this.rows / this.seconds);
  }

  /** The estimated remaining time. */
  get left(): string {
    if (this.ids === 0) return 'unknown';
    const seconds = Math.round((this.seconds / this.ids) * (this.total - this.ids));
    const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
    if (hours > 0) return `${hours} h ${minutes} min`;
    return minutes > 0 ? `${minutes} min ${seconds % 60} s` : `${seconds} s`;
  }

  private get seconds(): number {
    return Math.max(performance.now() - this.startedAt, 1) / 1000;
  }
}

class Bar implements ImportProgress {
  private bar: SingleBar | undefined;
  private pace: Pace | undefined;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  begin(table: string, ids: number): void {
    this.end();
    this.pace = new Pace(table, ids);
    this.bar = new SingleBar(
      {
        stream: this.stream,
        format: '{table} {bar} {percentage} %  {rows} rows  {rate} rows/s  {left} left',
        hideCursor: true,
        // Stopping is handled by the import, after the running transactions.
        gracefulExit: false,
      },
      Presets.shades_classic,
    );
    this.bar.start(ids, 0, this.shown(this.pace));
  }

  advance(ids: number, rows: number): void {
    if (this.pace === undefined) return;
    this.pace.advance(ids, rows);
    this.bar?.update(this.pace.ids, this.shown(this.pace));
  }

  log(message: string): void {
    this.end();
    this.stream.write(`${message}\n`);
  }

  end(): void {
    this.bar?.stop();
    this.bar = undefined;
  }

  private shown({ table, rows, rate, left }: Pace) {
    return { table, rows: rows.toLocaleString('en-US'), rate: rate.toLocaleString('en-US'), left };
  }
}

class Lines implements ImportProgress {
  private pace: Pace | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly stream: NodeJS.WritableStream) {}

  begin(table: string, ids: number): void {
    this.end();
    const pace = new Pace(table, ids);
    this.pace = pace;
    this.timer = setInterval(() => {
      const percent = Math.floor((100 * pace.ids) / pace.total);
      const { rows, rate, left } = pace;
      this.log(`${table}: ${percent} %, ${rows} rows (${rate}/s), ${left} left`);
    }, LINE_INTERVAL_MS);
  }

  advance(ids: number, rows: number): void {
    this.pace?.advance(ids, rows);
  }

  log(message: string): void {
    this.stream.write(`${message}\n`);
  }

  end(): void {
    clearInterval(this.timer);
    if (this.pace !== undefined) {
      const { table, rows, rate } = this.pace;
      this.log(`${table}: ${rows} rows imported (${rate}/s)`);
    }
    this.pace = undefined;
  }
}

/** The report as text: a table with the rows of each table, and remarks. */
export function reportText(report: ImportReport): string {
  if (!report.complete) return 'Stopped. Imported rows are kept: run the import again to continue.';
  const reasons = new Set(report.tables.flatMap(({ skipped }) => Object.keys(skipped) as SkipReason[]));
  return [
    table(report.tables),
    ...[...reasons].sort().map((reason) => `  ${reason}: ${SKIP_REASONS[reason]}`),
    ...report.tables.flatMap(remarks),
    ...report.stored.flatMap(remarksOnStored),
    ...report.unknownChains.map(
      (name) => `--genesis: the source has no connection on a chain named ${name}.`,
    ),
    agrees(report)
      ? 'All rows of the source are accounted for.'
      : 'NOT all rows of the source are accounted for.',
  ].join('\n');
}

function table(reports: readonly TableReport[]): string {
  const rows = reports.map((report) => [
    report.table,
    count(report.sourceRows),
    count(report.imported),
    Object.entries(report.skipped)
      .map(([reason, rows]) => `${reason} ${count(rows)}`)
      .join(', ') || '-',
  ]);
  const all = [['table', 'rows in source', 'imported', 'skipped'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return column === 1 || column === 2 ? cell.padStart(width) : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function remarks(report: TableReport): string[] {
  const { table: name, sourceRows, newer } = report;
  const difference = sourceRows - accounted(report);
  const lines: string[] = [];
  if (difference > 0) {
    lines.push(`${name}: the source has ${count(difference)} new rows with ids that were already processed.`);
  }
  if (difference < 0) {
    lines.push(`${name}: ${count(-difference)} rows were removed from the source after their import.`);
  }
  if (newer > 0)
    lines.push(`${name}: ${count(newer)} rows were added during the import: run it again to import them.`);
  return lines;
}

function remarksOnStored({ table: name, missing, surplus }: StoredReport): string[] {
  return [
    ...(missing > 0 ? [`${name}: ${count(missing)} imported rows are missing in the target.`] : []),
    ...(surplus > 0 ? [`${name}: the target has ${count(surplus)} more rows than were imported.`] : []),
  ];
}

function count(rows: number): string {
  return rows.toLocaleString('en-US');
}
