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
  if (!report.complete) return 'Stopped. What came over is kept: run it again to go on.';
  const reasons = new Set(report.tables.flatMap(({ leftOut }) => Object.keys(leftOut) as LeftOutReason[]));
  return [
    table(report.tables),
    ...[...reasons].sort().map((reason) => `  ${reason}: ${LEFT_OUT[reason]}`),
    ...report.tables.flatMap(remarks),
    ...report.stored.flatMap(remarksOnStored),
    ...report.unknownChains.map((name) => `--genesis: no connection of the source is of a chain ${name}.`),
    agrees(report)
      ? 'All rows of the source are accounted for.'
      : 'The rows of the source are NOT all accounted for.',
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
  const all = [['table', 'rows of the source', 'imported', 'left out'], ...rows];
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
    lines.push(`${name}: the source has ${count(difference)} rows more, which came among older ones.`);
  }
  if (difference < 0) {
    lines.push(`${name}: ${count(-difference)} rows were removed from the source after they had come over.`);
  }
  if (newer > 0) lines.push(`${name}: ${count(newer)} rows have come meanwhile: run it again to bring them.`);
  return lines;
}

function remarksOnStored({ table: name, missing, surplus }: StoredReport): string[] {
  return [
    ...(missing > 0 ? [`${name}: ${count(missing)} rows that had come over are not here any more.`] : []),
    ...(surplus > 0 ? [`${name}: ${count(surplus)} rows more are here than came over.`] : []),
  ];
}

function count(rows: number): string {
  return rows.toLocaleString('en-US');
}
