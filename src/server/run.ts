import { Logger } from '@nestjs/common';
import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Extensions } from '../app.module.js';
import { DataDirLostError } from '../embedded-postgres/index.js';
import { ConfigModule, type Settings } from '../platform/config/index.js';
import { Deadline, Lifecycle } from '../platform/lifecycle/index.js';
import { MetricsPort } from '../platform/metrics/index.js';
import { logsJson } from '../preflight.mjs';
import { entriesOf, formatError } from './log-text.js';
import { logOutput, surviveLostOutput, uncaughtErrors } from './process-output.js';
import { ServerLogger } from './server-logger.js';
import { type RunningServer, startServer, StartStoppedError } from './start-server.js';

/** npm forwards a Ctrl-C that the terminal has also sent to this process: a second signal within this time is ignored. */
const SAME_SIGNAL_MS = 2_000;

/**
 * Runs the server with the settings of the environment until a stop signal. Resolves with the exit code of the process:
 * `process.exit(await run())`.
 *
 * @param extensions additions and replacements of a team
 */
export async function run(extensions: Extensions = {}): Promise<number> {
  // Until the settings are read.
  Logger.overrideLogger(new ServerLogger({ LOG_LEVEL: 'info', LOG_FORMAT: logsJson() ? 'json' : 'text' }));
  surviveLostOutput();
  logOutput();
  const uncaught = uncaughtErrors();
  const signalled = firstSignal();
  try {
    const { settings, warnings } = await ConfigModule.readForStart();
    Logger.overrideLogger(new ServerLogger(settings));
    for (const warning of warnings) new Logger('Settings').warn(warning);
    const ends = Promise.race([signalled, uncaught.first.then(() => performance.now())]);
    const stopping = ends.then((at) => new Deadline(settings.SHUTDOWN_TIMEOUT_S * 1000, at));
    const code = await Promise.race([serve(settings, extensions, stopping), forceExit(stopping)]);
    return uncaught.count > 0 ? 1 : code;
  } catch (error) {
    report(error);
    return 1;
  }
}

async function serve(
  settings: Settings,
  extensions: Extensions,
  stopping: Promise<Deadline>,
): Promise<number> {
  const server = await startServer(settings, extensions, stopping).catch((error: unknown) => {
    if (error instanceof StartStoppedError) return undefined;
    throw error;
  });
  if (server === undefined) return stopped(await stopping);
  try {
    const failing = server.ready.then(() => logReady(settings, server));
    await Promise.race([stopping, failing.then(() => stopping), server.lost]);
  } catch (error) {
    server.app
      .get(Lifecycle)
      .fail(
        error instanceof DataDirLostError ? 'The data directory is lost.' : 'The server cannot continue.',
      );
    report(error);
    await server.stop();
    return 1;
  }
  const deadline = await stopping;
  await server.stop(deadline);
  return server.endedWithoutLoss() ? stopped(deadline) : 1;
}

/** Logs each line of an error: a message can list several invalid settings, or end with the output of PostgreSQL. */
function report(error: unknown): void {
  const logger = new Logger('Server');
  for (const line of entriesOf(formatError(error))) logger.error(line);
}

function stopped(deadline: Deadline): number {
  new Logger('Server').log(`Stopped in ${(deadline.passedMs / 1000).toFixed(1)} s.`);
  return 0;
}

/** Every stop step has its own timeout. This one covers everything else. */
async function forceExit(stopping: Promise<Deadline>): Promise<number> {
  await sleep((await stopping).leftMs(0.01));
  new Logger('Server').error('The server did not stop within SHUTDOWN_TIMEOUT_S; terminating.');
  return 1;
}

/** Resolves with the time of the first stop signal, by `performance.now()`. */
function firstSignal(): Promise<number> {
  return new Promise((resolve) => {
    let first: number | undefined;
    const onSignal = (signal: string): void => {
      const now = performance.now();
      if (first === undefined) {
        first = now;
        new Logger('Server').log(`Stopping after ${signal}.`);
        resolve(now);
      } else if (now - first > SAME_SIGNAL_MS) {
        process.exit(1);
      }
    };
    // SIGHUP: the terminal was closed.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, onSignal);
  });
}

/** A host for URLs on this machine. `localhost` may be ::1, on which a server on 0.0.0.0 does not listen. */
function localHostOf(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return 'localhost';
  return isIPv6(host) ? `[${host}]` : host;
}

function logReady(settings: Settings, server: RunningServer): void {
  const logger = new Logger('Server');
  const host = localHostOf(settings.HOST);
  const at = `${host}:${server.port.toString()}`;
  logger.log(
    `Ready. Start a node with  --telemetry-url 'ws://${at} 5'  (or 'ws://${at}/audit 5' for permanent storage).`,
  );
  const metricsPort = server.app.get(MetricsPort).number ?? server.port;
  logger.log(`Dashboard: http://${at}/dashboard/  Metrics: http://${host}:${metricsPort.toString()}/metrics`);
}
