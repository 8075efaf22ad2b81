import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from '../app.module.js';
import type { Settings } from '../config/index.js';
import { Delivery } from '../delivery/index.js';
import { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { inputValidation, ProblemFilter } from '../http/index.js';
import { Lifecycle } from '../lifecycle/index.js';
import { DatabaseStartup } from '../storage/index.js';
import { TelemetryWsAdapter, UpgradeGuard } from '../telemetry/index.js';
import { ServerLogger } from './server-logger.js';

/** Requests that are being answered when the server stops have this long to end, or a quarter of the time: ms. */
const REQUEST_GRACE_MS = 5_000;

/** Of the server's own PostgreSQL: for readers, migrations and whoever looks at it with psql. */
const SPARE_CONNECTIONS = 50;
const POSTGRES_STOP_S = 5;

export interface RunningServer {
  app: NestExpressApplication;
  port: number;
  databaseUrl: string;
  /**
   * Resolves when the database is ready and nodes may come.
   * Rejects when that can never be (see DatabaseStartup), or when the server is stopped before.
   */
  ready: Promise<void>;
  /** Ends everything in order: nodes, batches, database. */
  stop: () => Promise<void>;
}

/** Starts the whole server. It listens when this resolves, and takes nodes in once it is ready. */
export async function startServer(settings: Settings): Promise<RunningServer> {
  const logger = new ServerLogger(settings);
  Logger.overrideLogger(logger);
  const postgres =
    settings.DATABASE_URL === undefined
      ? await EmbeddedPostgresServer.start({
          dataDir: settings.DATA_DIR,
          logger: new Logger('PostgreSQL'),
          maxConnections: settings.DB_POOL_SIZE + SPARE_CONNECTIONS,
        })
      : undefined;
  const databaseUrl = settings.DATABASE_URL ?? postgres?.url ?? '';
  try {
    const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(settings, databaseUrl), {
      logger,
      abortOnError: false,
    });
    const abort = new AbortController();
    const port = await listen(app, settings);
    const ready = makeReady(app, abort.signal);
    // Whoever waits for it learns of it; nobody else needs to.
    ready.catch(() => undefined);
    const stop = async (): Promise<void> => {
      abort.abort(new Error('The server is stopped.'));
      await ready.catch(() => undefined);
      const grace = Math.min(REQUEST_GRACE_MS, settings.SHUTDOWN_TIMEOUT_S * 250);
      const timer = setTimeout(() => app.getHttpServer().closeAllConnections(), grace);
      await app.close();
      clearTimeout(timer);
      await postgres?.stop(POSTGRES_STOP_S);
    };
    return { app, port, databaseUrl, ready, stop };
  } catch (error) {
    await postgres?.stop();
    throw error;
  }
}

async function listen(app: NestExpressApplication, settings: Settings): Promise<number> {
  app.disable('x-powered-by');
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(inputValidation());
  const server = app.getHttpServer();
  app.useWebSocketAdapter(new TelemetryWsAdapter(server, settings, app.get(UpgradeGuard)));
  await app.init();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(
      { port: settings.PORT, host: settings.HOST, backlog: settings.MAX_PENDING_CONNECTIONS },
      () => resolve(),
    );
  });
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : settings.PORT;
}

async function makeReady(app: NestExpressApplication, signal: AbortSignal): Promise<void> {
  await app.get(DatabaseStartup).run(signal);
  app.get(Delivery).start();
  app.get(Lifecycle).run();
}
