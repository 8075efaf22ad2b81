import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Extensions } from '../app.module.js';
import type { Settings } from '../platform/config/index.js';
import { Delivery, JournalService } from '../delivery/index.js';
import { FeedSockets } from '../feed/index.js';
import { HttpConnections } from '../platform/http-server/index.js';
import { ListenError } from '../platform/listen/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { MetricsPort } from '../platform/metrics/index.js';
import { NetworkUpdater } from '../network/index.js';
import { Observer } from '../observer/index.js';
import { PurgeSchedule } from '../purge/index.js';
import { DatabaseStartup, DatabaseWatch } from '../storage/index.js';
import { TelemetrySockets } from '../telemetry/index.js';
import { setUpMiddleware } from './middleware.js';

/** A step of the start. If it throws, the start fails, and everything that was started is stopped: see `stop-sequence.ts`. */
interface StartStep {
  /** The name in the log. */
  name: string;
  run: () => unknown;
}

/**
 * Steps from created modules to a listening server, which is live but not ready and rejects nodes. No step waits for the
 * database. Each step relies on the steps before it.
 */
export function listenSequence(
  app: NestExpressApplication,
  settings: Settings,
  extensions: Extensions,
): StartStep[] {
  return [
    // First: messages must not arrive before the journal is open.
    { name: 'journal', run: () => app.get(JournalService).open() },
    { name: 'middleware', run: () => setUpMiddleware(app, settings, extensions) },
    // NestJS starts routes, gateways and schedules, and calls hooks of teams' modules. The server's modules rely on no hook.
    { name: 'modules', run: () => app.init() },
    { name: 'connection limits', run: () => app.get(HttpConnections).start() },
    { name: 'node sockets', run: () => app.get(TelemetrySockets).start() },
    { name: 'live feed', run: () => app.get(FeedSockets).start() },
    { name: 'network views', run: () => app.get(NetworkUpdater).start() },
    // Nothing is purged before the server is running.
    { name: 'purge schedule', run: () => app.get(PurgeSchedule).start() },
    // From now on requests arrive.
    { name: 'HTTP port', run: () => listen(app.getHttpServer(), settings) },
    {
      name: 'metrics port',
      run: () => app.get(MetricsPort).listen(app.getHttpAdapter().getInstance()),
    },
  ];
}

/** Steps from a listening server to one that accepts nodes. */
export function readySequence(app: NestExpressApplication, signal: AbortSignal): StartStep[] {
  return [
    // Waits for the database, until the signal is aborted or the database turns out to be unsuitable.
    { name: 'database', run: () => app.get(DatabaseStartup).run(signal) },
    // From now on readiness reports database problems.
    { name: 'database watch', run: () => app.get(DatabaseWatch).start() },
    { name: 'delivery', run: () => app.get(Delivery).start() },
    // Measures the clock offset, and reads when earlier processes stopped.
    { name: 'observer', run: () => app.get(Observer).prepare(signal) },
    {
      // Last: nodes are accepted. From now on, times without them are observation gaps.
      name: 'intake',
      run: () => {
        app.get(Lifecycle).run();
        app.get(Observer).begin();
      },
    },
  ];
}

/** @throws the error of a step; later steps are not run */
export async function startInOrder(steps: readonly StartStep[]): Promise<void> {
  const logger = new Logger('Server');
  for (const { name, run } of steps) {
    const startedAt = performance.now();
    await run();
    logger.debug(`Start step "${name}" took ${Math.round(performance.now() - startedAt).toString()} ms.`);
  }
}

async function listen(server: Server, settings: Settings): Promise<void> {
  const { PORT: port, HOST: host, MAX_PENDING_CONNECTIONS: backlog } = settings;
  server.listen({ port, host, backlog });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new ListenError({ setting: 'PORT', host, port }, error);
  }
  // Such as EMFILE when a connection is accepted. The server continues.
  server.on('error', (error: Error) => new Logger('Server').error(`HTTP server error: ${error.message}`));
}
