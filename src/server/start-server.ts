import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AccessGuard, checkBeforeBody } from '../access/index.js';
import { AppModule, type Extensions } from '../app.module.js';
import type { Settings } from '../config/index.js';
import { setUpDashboard } from '../dashboard/index.js';
import { Delivery } from '../delivery/index.js';
import { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { checkJsonBody, inputValidation, MAX_BODY_BYTES, ProblemFilter } from '../http/index.js';
import { BoundedHttpAdapter } from '../http-server/index.js';
import { Deadline, Lifecycle } from '../lifecycle/index.js';
import { MetricsPort } from '../metrics/index.js';
import { setUpOpenApi } from '../openapi/index.js';
import { DatabaseStartup } from '../storage/index.js';
import { TelemetryWsAdapter, UpgradeGuard } from '../telemetry/index.js';
import { crossOrigin } from './cross-origin.js';
import { ServerLogger } from './server-logger.js';
import { type ServerParts, stopServer, stopStarting } from './stop-server.js';

/** Of the server's own PostgreSQL: for readers, migrations and whoever looks at it with psql. */
const SPARE_CONNECTIONS = 50;

/** The server was told to stop while it started. What had been started is stopped. */
export class StartStoppedError extends Error {
  override readonly name = 'StartStoppedError';
}

export interface RunningServer {
  app: NestExpressApplication;
  port: number;
  databaseUrl: string;
  /**
   * Resolves when the database is ready and nodes may come.
   * Rejects when that can never be (see DatabaseStartup), or when the server is stopped before.
   */
  ready: Promise<void>;
  /** Ends everything in order: nodes, batches, database. By the deadline, or within `SHUTDOWN_TIMEOUT_S`. */
  stop: (deadline?: Deadline) => Promise<void>;
  /** Once it has stopped: whether every batch is stored or in the journal. */
  endedWithoutLoss: () => boolean;
}

/**
 * Starts the whole server. It listens when this resolves, and takes nodes in once it is ready. A start that fails
 * leaves nothing behind.
 *
 * @param extensions what a team adds, or has done otherwise
 * @param stopping resolves when the start is to be given up
 * @throws StartStoppedError
 */
export async function startServer(
  settings: Settings,
  extensions: Extensions = {},
  stopping = new Promise<Deadline>(() => undefined),
): Promise<RunningServer> {
  const logger = new ServerLogger(settings);
  Logger.overrideLogger(logger);
  const inTheEnd = (): Deadline => new Deadline(settings.SHUTDOWN_TIMEOUT_S * 1000);
  const parts: ServerParts = {};
  try {
    parts.postgres = await startPostgres(settings, stopping);
    const databaseUrl = settings.DATABASE_URL ?? parts.postgres?.url ?? '';
    const app = await NestFactory.create<NestExpressApplication>(
      AppModule.forRoot(settings, databaseUrl, extensions),
      new BoundedHttpAdapter(),
      { logger, abortOnError: false, bodyParser: false, rawBody: true },
    );
    parts.app = app;
    const abort = new AbortController();
    const port = await listen(app, settings, extensions);
    const ready = makeReady(app, abort.signal);
    // Whoever waits for it learns of it; nobody else needs to.
    ready.catch(() => undefined);
    const stop = async (deadline = inTheEnd()): Promise<void> => {
      abort.abort(new Error('The server is stopped.'));
      await ready.catch(() => undefined);
      await stopServer(parts, deadline);
    };
    return {
      app,
      port,
      databaseUrl,
      ready,
      stop,
      endedWithoutLoss: () => app.get(Delivery).endedWithoutLoss,
    };
  } catch (error) {
    await stopServer(parts, inTheEnd());
    throw error;
  }
}

/** The server's own PostgreSQL, where it is not given another. */
async function startPostgres(
  settings: Settings,
  stopping: Promise<Deadline>,
): Promise<EmbeddedPostgresServer | undefined> {
  if (settings.DATABASE_URL !== undefined) return undefined;
  const starting = EmbeddedPostgresServer.start({
    dataDir: settings.DATA_DIR,
    logger: new Logger('PostgreSQL'),
    maxConnections: settings.DB_POOL_SIZE + SPARE_CONNECTIONS,
  });
  const first = await Promise.race([starting, stopping]);
  if (!(first instanceof Deadline)) return first;
  await stopStarting(starting, first);
  throw new StartStoppedError('The server was told to stop while it started.');
}

async function listen(
  app: NestExpressApplication,
  settings: Settings,
  { dashboard }: Extensions,
): Promise<number> {
  app.disable('x-powered-by');
  // Answers change with every message; a hash of each would be work for nobody.
  app.disable('etag');
  setUpDashboard(app, settings, dashboard);
  if (settings.CORS_ORIGINS.length > 0) app.enableCors(crossOrigin(settings.CORS_ORIGINS));
  app.use(checkBeforeBody(app.get(AccessGuard)));
  app.useBodyParser('json', { limit: MAX_BODY_BYTES });
  app.use(checkJsonBody);
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(inputValidation());
  const server = app.getHttpServer();
  app.useWebSocketAdapter(new TelemetryWsAdapter(server, settings, app.get(UpgradeGuard)));
  setUpOpenApi(app);
  await app.init();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      { port: settings.PORT, host: settings.HOST, backlog: settings.MAX_PENDING_CONNECTIONS },
      () => {
        server.off('error', reject);
        resolve();
      },
    );
  });
  // Such as EMFILE where a connection is accepted: the server goes on.
  server.on('error', (error: Error) =>
    new Logger('Server').error(`The HTTP server reports: ${error.message}`),
  );
  await app.get(MetricsPort).listen(app.getHttpAdapter().getInstance());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : settings.PORT;
}

async function makeReady(app: NestExpressApplication, signal: AbortSignal): Promise<void> {
  await app.get(DatabaseStartup).run(signal);
  app.get(Delivery).start();
  app.get(Lifecycle).run();
}
