import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { AppModule, type Extensions } from '../app.module.js';
import { Delivery } from '../delivery/index.js';
import { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { Settings } from '../platform/config/index.js';
import { diskNeeds, formatSize, nearestDirectory } from '../platform/disk/index.js';
import { BoundedHttpAdapter } from '../platform/http-server/index.js';
import { checkSettingFiles } from '../insight/index.js';
import { checkPorts, listenAddresses } from '../platform/listen/index.js';
import { withDeadline } from '../platform/async/index.js';
import { Deadline } from '../platform/lifecycle/index.js';
import { connectionsWithin, neededFiles, openFilesLimit } from '../platform/open-files/index.js';
import { READER_CONNECTIONS } from '../storage/index.js';
import { ServerLogger } from './server-logger.js';
import { listenSequence, readySequence, startInOrder } from './start-sequence.js';
import {
  RESERVED_FOR_POSTGRES,
  stopInOrder,
  stopPostgresStep,
  stopSequence,
  type StopStep,
} from './stop-sequence.js';

/** Additional connections of the embedded PostgreSQL: for readers, migrations and psql. */
const SPARE_CONNECTIONS = 50;

/** The server was stopped while it was starting. Everything that had been started is stopped. */
export class StartStoppedError extends Error {
  override readonly name = 'StartStoppedError';
}

export interface RunningServer {
  app: NestExpressApplication;
  port: number;
  databaseUrl: string;
  /**
   * Resolves when the database is ready and nodes are accepted.
   * Rejects if the database is unsuitable (see DatabaseStartup), or if the server is stopped before.
   */
  ready: Promise<void>;
  /** Rejects when the embedded PostgreSQL was stopped because its data directory is lost: the server must stop. */
  lost: Promise<never>;
  /** Stops everything in order: nodes, batches, database. By the deadline, or within `SHUTDOWN_TIMEOUT_S`. */
  stop: (deadline?: Deadline) => Promise<void>;
  /** After the stop: whether every batch is stored or in the journal. */
  endedWithoutLoss: () => boolean;
}

/**
 * Starts the whole server. It listens when this resolves, and accepts nodes once it is ready. A failed start leaves
 * nothing running.
 *
 * @param extensions additions and replacements of a team
 * @param stopping resolves when the start must be aborted
 * @throws StartStoppedError; InvalidSettingsError for a file that a setting names
 */
export async function startServer(
  given: Settings,
  extensions: Extensions = {},
  stopping = new Promise<Deadline>(() => undefined),
): Promise<RunningServer> {
  const logger = new ServerLogger(given);
  Logger.overrideLogger(logger);
  const settings = fitOpenFiles(given);
  const defaultDeadline = (): Deadline => new Deadline(settings.SHUTDOWN_TIMEOUT_S * 1000);
  // Steps of everything that was started: a failed start stops in the same order.
  const stopSteps: StopStep[] = [];
  try {
    await checkSettingFiles(settings);
    const postgres = await startPostgres(settings, stopping);
    if (postgres !== undefined) stopSteps.push(stopPostgresStep(postgres));
    await warnOfSmallDisks(settings, postgres?.cluster);
    const databaseUrl = settings.DATABASE_URL ?? postgres?.url ?? '';
    const app = await NestFactory.create<NestExpressApplication>(
      AppModule.forRoot(settings, databaseUrl, extensions),
      new BoundedHttpAdapter(),
      { logger, abortOnError: false, bodyParser: false, rawBody: true },
    );
    stopSteps.unshift(...stopSequence(app));
    await startInOrder(listenSequence(app, settings, extensions));
    const abort = new AbortController();
    const ready = startInOrder(readySequence(app, abort.signal));
    // Avoids an unhandled rejection while there is no handler.
    ready.catch(() => undefined);
    const stop = async (deadline: Deadline): Promise<void> => {
      abort.abort(new Error('The server is stopped.'));
      await ready.catch(() => undefined);
      await stopInOrder(stopSteps, deadline);
    };
    let stopped: Promise<void> | undefined;
    return {
      app,
      port: (app.getHttpServer().address() as AddressInfo).port,
      databaseUrl,
      ready,
      lost: postgres?.lost ?? new Promise<never>(() => undefined),
      stop: (deadline = defaultDeadline()) => (stopped ??= stop(deadline)),
      endedWithoutLoss: () => app.get(Delivery).endedWithoutLoss,
    };
  } catch (error) {
    await stopInOrder(stopSteps, defaultDeadline());
    throw error;
  }
}

/** The embedded PostgreSQL, if there is no `DATABASE_URL`. */
async function startPostgres(
  settings: Settings,
  stopping: Promise<Deadline>,
): Promise<EmbeddedPostgresServer | undefined> {
  if (settings.DATABASE_URL !== undefined) return undefined;
  const starting = EmbeddedPostgresServer.start({
    dataDir: settings.DATA_DIR,
    logger: new Logger('PostgreSQL'),
    maxConnections: settings.DB_POOL_SIZE + SPARE_CONNECTIONS,
    // Creating or recovering a database takes seconds to minutes. First the directory: its error is better for a second start.
    whenLocked: () => checkPorts(listenAddresses(settings)),
  });
  const first = await Promise.race([starting, stopping]);
  if (!(first instanceof Deadline)) return first;
  await stopStarting(starting, first);
  throw new StartStoppedError('The server was stopped while it was starting.');
}

/** PostgreSQL cannot be stopped during crash recovery, which can take long. */
async function stopStarting(starting: Promise<EmbeddedPostgresServer>, deadline: Deadline): Promise<void> {
  const started = starting.catch(() => undefined);
  try {
    const postgres = await withDeadline(deadline.leftMs(RESERVED_FOR_POSTGRES), () => started);
    if (postgres !== undefined) await stopInOrder([stopPostgresStep(postgres)], deadline);
  } catch {
    new Logger('Server').warn(
      'PostgreSQL is still starting; stopping without it. The next start takes it over.',
    );
  }
}

/** Logs a warning for each disk with less free space than the server may need. */
async function warnOfSmallDisks(settings: Settings, cluster: string | undefined): Promise<void> {
  // The journal may be on another disk, and may not exist yet.
  const journal = await nearestDirectory(resolve(settings.DATA_DIR, 'journal'));
  const disks = await diskNeeds(settings, journal, cluster).catch(() => []);
  for (const { directories, freeBytes, neededBytes } of disks) {
    if (freeBytes >= neededBytes) continue;
    new Logger('Server').warn(
      `The disk of ${directories.join(' and ')} has ${formatSize(freeBytes)} free, and the server may need ` +
        `${formatSize(neededBytes)} for its journal (JOURNAL_MAX_MIB) and the write-ahead log of the embedded ` +
        `PostgreSQL, beside what is stored. Free disk space, lower JOURNAL_MAX_MIB, or move DATA_DIR.`,
    );
  }
}

/**
 * Lowers the connection limits to what the limit of open files allows: beyond it, not even the journal could be
 * written. Logs what was lowered; as a warning if it is less than half.
 */
function fitOpenFiles(settings: Settings, limit = openFilesLimit()): Settings {
  const fitting = connectionsWithin(limit ?? Infinity, settings, READER_CONNECTIONS);
  if (limit === undefined || fitting === undefined) return settings;
  const lowered = (['HTTP_MAX_CONNECTIONS', 'TELEMETRY_MAX_CONNECTIONS'] as const)
    .filter((name) => fitting[name] < settings[name])
    .map((name) => `${name} from ${settings[name].toString()} to ${fitting[name].toString()}`);
  const needed = neededFiles(settings, READER_CONNECTIONS);
  const message =
    `Lowered ${lowered.join(' and ')}: these settings may need ${needed.toString()} open files, but the limit is ` +
    `${limit.toString()}. Raise the limit (LimitNOFILE, ulimit -n), or lower these settings.`;
  const logger = new Logger('Server');
  // The default allows more nodes than most servers have.
  if (fitting.HTTP_MAX_CONNECTIONS < settings.HTTP_MAX_CONNECTIONS / 2) logger.warn(message);
  else logger.log(message);
  return Object.assign(new Settings(), settings, fitting);
}
