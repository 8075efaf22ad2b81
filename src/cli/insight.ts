import { Presets, SingleBar } from 'cli-progress';
import type { ClientBase } from 'pg';
import { DataSource } from 'typeorm';
import { rebuild, rebuildBounds, RebuildRunningError, rebuildSessions } from '../insight/index.js';
import { stopSignal } from '../platform/async/index.js';
import { ConfigModule } from '../platform/config/index.js';
import { registerAllNodes } from '../registry/index.js';
import { rebuildReports } from '../reputation/index.js';
import {
  dataSourceOptions,
  HOUR_MS,
  migrationState,
  openSession,
  SchemaOutdatedError,
} from '../storage/index.js';
import { databaseUrl } from './database-url.js';
import { CommandError, explainConnection, print } from './output.js';

const PROGRESS_EVERY_MS = 2_000;

/**
 * Computes the statistics of a time range again, and prints its progress. What is done stays if it is interrupted.
 *
 * @param options milliseconds since the epoch
 */
export async function rebuildInsight({ from, to }: { from: number; to?: number }): Promise<void> {
  const url = await databaseUrl(await ConfigModule.readEnvironment());
  const signal = stopSignal();
  try {
    await checkMigrations(url);
    const client = await openSession(url, 'tetcore-analytics insight', false);
    try {
      await run(client, from, to, signal);
    } finally {
      await client.end().catch(() => undefined);
    }
  } catch (error) {
    if (error === signal.reason) throw new CommandError('Interrupted. What was rebuilt stays.');
    if (error instanceof RebuildRunningError) throw new CommandError(error.message);
    throw explainConnection(error, url);
  }
}

async function checkMigrations(url: string): Promise<void> {
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  try {
    if ((await migrationState(dataSource)).pending.length > 0) throw new SchemaOutdatedError();
  } finally {
    await dataSource.destroy();
  }
}

async function run(
  client: ClientBase,
  wantedFrom: number,
  wantedTo: number | undefined,
  signal: AbortSignal,
): Promise<void> {
  const bounds = await rebuildBounds(client);
  const from = Math.floor(wantedFrom / HOUR_MS) * HOUR_MS;
  const to = Math.min(Math.ceil((wantedTo ?? bounds.to) / HOUR_MS) * HOUR_MS, bounds.to);
  if (from < bounds.from) {
    throw new CommandError(
      `The messages before ${iso(bounds.from)} are deleted, or not all of them are there: begin with --from ${iso(bounds.from)}.`,
    );
  }
  if (from >= to) {
    throw new CommandError(`The range is empty: it must begin before ${iso(to)}, which is its end.`);
  }
  print(`Rebuilding the statistics from ${iso(from)} to ${iso(to)}.`);
  const slices = rebuild(client, {
    from: from * 1000,
    to: to * 1000,
    registerNodes: () => registerAllNodes(client),
  });
  const progress = (): Progress => (process.stdout.isTTY ? progressBar(from, to) : progressLines(from, to));
  await showing(progress(), slices, signal);
  await rebuildSessions(client, { from: from * 1000, to: to * 1000 }, signal);
  print('Rebuilding the reputations.');
  await showing(progress(), rebuildReports(client, { from: from * 1000, to: to * 1000 }), signal);
  print('Done.');
}

/** @param steps what is done before a time: microseconds since the epoch */
async function showing(progress: Progress, steps: AsyncIterable<number>, signal: AbortSignal): Promise<void> {
  try {
    for await (const until of steps) {
      signal.throwIfAborted();
      progress.reached(until / 1000);
    }
  } finally {
    progress.end();
  }
}

interface Progress {
  /** @param until milliseconds since the epoch */
  reached(until: number): void;
  end(): void;
}

function progressBar(from: number, to: number): Progress {
  const format = '{bar} {percentage} %  {until}  {eta_formatted} left';
  const bar = new SingleBar({ format, hideCursor: true, gracefulExit: false }, Presets.shades_classic);
  bar.start(to - from, 0, { until: iso(from) });
  return {
    reached: (until) => bar.update(until - from, { until: iso(until) }),
    end: () => bar.stop(),
  };
}

function progressLines(from: number, to: number): Progress {
  let printedAt = performance.now();
  return {
    reached: (until) => {
      if (performance.now() - printedAt < PROGRESS_EVERY_MS) return;
      printedAt = performance.now();
      print(`${iso(until)} (${Math.floor((100 * (until - from)) / (to - from)).toString()} %)`);
    },
    end: () => undefined,
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
