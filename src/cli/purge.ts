import { Logger } from '@nestjs/common';
import { ConfigModule } from '../platform/config/index.js';
import {
  ClockDifferenceError,
  type DroppedPartition,
  type Purge,
  type PurgeFailure,
  type PurgeReport,
  withPurge,
} from '../purge/index.js';
import { databaseUrl } from './database-url.js';
import { CommandError, explainConnection, formatSize, messageOf, print, printError } from './output.js';

/** Purges once, and prints what was removed. Does nothing while another process purges. */
export async function purgeNow(): Promise<void> {
  const report = await runPurge((purge) => purge.run());
  if (report === null) {
    print('Another process is purging this database. This command removed nothing.');
    return;
  }
  for (const partition of report.partitions) print(`Dropped ${partitionText(partition)}.`);
  for (const [table, count] of rowsOf(report.rows)) print(`Deleted ${countText(count, 'row')} of ${table}.`);
  for (const name of report.left) {
    print(`Skipped ${name}: another session holds a lock on it. A later purge removes it.`);
  }
  printFailures('The purge', report.failures);
  if (report.left.length === 0) printIfNothing(report);
}

/** Prints what a purge would remove now, and changes nothing. */
export async function previewPurge(): Promise<void> {
  const preview = await runPurge((purge) => purge.preview());
  const { partitions, rows, failures } = preview;
  for (const partition of partitions) {
    print(`Would drop ${partitionText(partition)}, ${formatSize(partition.bytes)}.`);
  }
  for (const [table, count] of rowsOf(rows)) print(`Would delete ${countText(count, 'row')} of ${table}.`);
  printFailures('The preview', failures);
  printIfNothing(preview);
}

function printFailures(what: string, failures: readonly PurgeFailure[]): void {
  for (const { part, error } of failures) {
    printError(`${what} is incomplete: ${part === null ? '' : `${part}: `}${messageOf(error)}`);
  }
  if (failures.length > 0) process.exitCode = 1;
}

function printIfNothing({
  partitions,
  rows,
  failures,
}: Pick<PurgeReport, 'partitions' | 'rows' | 'failures'>): void {
  if (failures.length > 0) return;
  if (partitions.length === 0 && rowsOf(rows).length === 0) print('Nothing has expired.');
}

async function runPurge<T>(work: (purge: Purge) => Promise<T>): Promise<T> {
  // Log lines of the purge are printed in another form here.
  Logger.overrideLogger(false);
  const settings = await ConfigModule.readEnvironment();
  const url = await databaseUrl(settings);
  try {
    return await withPurge(settings, url, work);
  } catch (error) {
    if (error instanceof ClockDifferenceError) throw new CommandError(error.message);
    throw explainConnection(error, url);
  }
}

function partitionText({ name, rows }: DroppedPartition): string {
  return `${name} (about ${countText(rows, 'message')})`;
}

function rowsOf(rows: Readonly<Record<string, number>>): [table: string, count: number][] {
  return Object.entries(rows).filter(([, count]) => count > 0);
}

function countText(count: number, what: string): string {
  return `${count.toLocaleString('en-US')} ${what}${count === 1 ? '' : 's'}`;
}
