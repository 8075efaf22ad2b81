import {
  accounted,
  agrees,
  type ImportReport,
  LEFT_OUT,
  type LeftOutReason,
  type StoredReport,
  type TableReport,
} from '../import-report.js';

/** What became of each table, and what that means: some lines. */
export function reportText(report: ImportReport): string {
  if (!report.complete) return 'Stopped. Imported rows are kept: run the import again to continue.';
  const reasons = new Set(report.tables.flatMap(({ leftOut }) => Object.keys(leftOut) as LeftOutReason[]));
  return [
    table(report.tables),
    ...[...reasons].sort().map((reason) => `  ${reason}: ${LEFT_OUT[reason]}`),
    ...report.tables.flatMap(remarks),
    ...report.stored.flatMap(remarksOnStored),
    ...report.unknownChains.map((name) => `--genesis: the source has no connection on a chain named ${name}.`),
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
    Object.entries(report.leftOut)
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
  if (newer > 0) lines.push(`${name}: ${count(newer)} rows were added during the import: run it again to import them.`);
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
