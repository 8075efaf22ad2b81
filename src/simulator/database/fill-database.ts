import { Logger, type LoggerService } from '@nestjs/common';
import { ConfigModule, InvalidSettingsError } from '../../platform/config/index.js';
import { SchemaOutdatedError, UnsupportedDatabaseError } from '../../storage/index.js';
import { say, timeText } from '../console.js';
import type { DatabaseFillOptions } from '../simulate-command.js';
import { fill } from '../play/fill.js';
import { UnreachableError } from '../play/unreachable.error.js';
import { Network } from '../world/network.js';
import { DatabaseSink } from './database-sink.js';
import { WriteError } from './history.errors.js';
import { withoutSecrets } from './history-database.js';

const REPORT_EVERY_MS = 5_000;

/** Errors with something to be done about; a stack would not help. */
const EXPLAINED = [
  UnreachableError,
  InvalidSettingsError,
  UnsupportedDatabaseError,
  SchemaOutdatedError,
  WriteError,
];

/**
 * `simulate --database`: lets a network run into a database, and says how far it is.
 *
 * @param signal stops it, after what is under way is stored
 * @returns the exit code
 */
export async function fillDatabase(options: DatabaseFillOptions, signal: AbortSignal): Promise<number> {
  Logger.overrideLogger(troublesOnly);
  try {
    await run(options, signal);
    return 0;
  } catch (error) {
    if (!EXPLAINED.some((type) => error instanceof type)) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

async function run(options: DatabaseFillOptions, signal: AbortSignal): Promise<void> {
  const { scenario, scenarioName, startAt, endAt, database } = options;
  const network = new Network(options);
  say(`${scenarioName}: ${scenario.description}`);
  say(
    `${network.nodes.length} nodes on ${network.hosts.length} sockets, from ${timeText(startAt)} to ${timeText(endAt)}, ` +
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
    const rate = Math.round((stored - storedBefore) / (REPORT_EVERY_MS / 1000));
    storedBefore = stored;
    const share = Math.floor((100 * (reachedAt - startAt)) / (endAt - startAt));
    say(`${stored} messages stored (${rate}/s), simulated time ${timeText(reachedAt)} (${share} %)`);
  }, REPORT_EVERY_MS);
  try {
    await fill(network, sink, { endAt, signal, onProgress: (at) => (reachedAt = at) });
    if (!signal.aborted) reachedAt = endAt;
  } finally {
    clearInterval(report);
    await sink.end();
  }
  const { stored, rejected, dropped, opened } = sink.totals();
  const seconds = (Date.now() - began) / 1000;
  const counted = (count: number, what: string): string => (count === 0 ? '' : `, ${count} ${what}`);
  say(
    `${stored} messages stored in ${seconds.toFixed(1)} s (${Math.round(stored / seconds)}/s)${counted(rejected, 'rejected')}${counted(dropped, 'dropped')}, ` +
      `${opened} sockets opened, until ${timeText(reachedAt)}`,
  );
}

/** What storage says of its work goes under in what it says of itself here; only what is wrong is told. */
const troublesOnly: LoggerService = {
  log: () => undefined,
  warn: (message: unknown) => say(String(message)),
  error: (message: unknown) => say(String(message)),
};
