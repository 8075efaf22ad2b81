import { Logger, type LoggerService } from '@nestjs/common';
import { ConfigModule, InvalidSettingsError } from '../../platform/config/index.js';
import { SchemaOutdatedError, UnsupportedDatabaseError } from '../../storage/index.js';
import { formatTime, print } from '../console.js';
import type { DatabaseFillOptions } from '../simulate-command.js';
import { fill } from '../play/message-sink.js';
import { UnreachableError } from '../play/socket-sink.js';
import { openTruth } from '../truth/open-truth.js';
import { TruthFileError } from '../truth/truth-file.js';
import { SimulatedNetwork } from '../world/network.js';
import { DatabaseSink } from './database-sink.js';
import { withoutSecrets, WriteError } from './history-database.js';

const REPORT_INTERVAL_MS = 5_000;

/** Errors with a remedy, printed without a stack. */
const EXPECTED_ERRORS = [
  UnreachableError,
  InvalidSettingsError,
  UnsupportedDatabaseError,
  SchemaOutdatedError,
  WriteError,
  TruthFileError,
];

/**
 * `simulate --database`: writes a simulation to a database, and prints its progress.
 *
 * @param signal stops it after the running batches
 * @returns the exit code
 */
export async function fillDatabase(options: DatabaseFillOptions, signal: AbortSignal): Promise<number> {
  Logger.overrideLogger(warningsOnly);
  try {
    await run(options, signal);
    return 0;
  } catch (error) {
    if (!EXPECTED_ERRORS.some((type) => error instanceof type)) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

async function run(options: DatabaseFillOptions, signal: AbortSignal): Promise<void> {
  const { scenario, scenarioName, startAt, endAt, database } = options;
  const truth = openTruth(options.truth, endAt);
  const network = new SimulatedNetwork({ ...options, ...truth.observed });
  print(`${scenarioName}: ${scenario.description}`);
  print(
    `${network.nodes.length} nodes on ${network.hosts.length} sockets, from ${formatTime(startAt)} to ${formatTime(endAt)}, ` +
      `into ${withoutSecrets(database)}; stop with Ctrl-C`,
  );
  const settings = await ConfigModule.readEnvironment();
  const sink = await DatabaseSink.open({ url: database, settings, signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  if (sink === undefined) return;
  const began = Date.now();
  let reachedAt = startAt;
  let storedBefore = 0;
  const report = setInterval(() => {
    const { stored } = sink.totals();
    const rate = Math.round((stored - storedBefore) / (REPORT_INTERVAL_MS / 1000));
    storedBefore = stored;
    const share = Math.floor((100 * (reachedAt - startAt)) / (endAt - startAt));
    print(`${stored} messages stored (${rate}/s), simulated time ${formatTime(reachedAt)} (${share} %)`);
  }, REPORT_INTERVAL_MS);
  try {
    await fill(network, sink, { endAt, signal, onProgress: (at) => (reachedAt = at) });
    if (!signal.aborted) reachedAt = endAt;
  } finally {
    clearInterval(report);
    await sink.end().finally(() => truth.end());
  }
  const { stored, rejected, dropped, opened } = sink.totals();
  const seconds = (Date.now() - began) / 1000;
  const counted = (count: number, what: string): string => (count === 0 ? '' : `, ${count} ${what}`);
  print(
    `${stored} messages stored in ${seconds.toFixed(1)} s (${Math.round(stored / seconds)}/s)${counted(rejected, 'rejected')}${counted(dropped, 'dropped')}, ` +
      `${opened} sockets opened, until ${formatTime(reachedAt)}`,
  );
}

/** Prints warnings and errors of storage only. */
const warningsOnly: LoggerService = {
  log: () => undefined,
  warn: (message: unknown) => print(String(message)),
  error: (message: unknown) => print(String(message)),
};
