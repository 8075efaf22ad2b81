import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Extensions } from '../app.module.js';
import type { Settings } from '../platform/config/index.js';
import { Delivery, JournalService } from '../delivery/index.js';
import { FeedSockets } from '../feed/index.js';
import { HttpConnections } from '../platform/http-server/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import { MetricsPort } from '../platform/metrics/index.js';
import { NetworkUpdater } from '../network/index.js';
import { Observer } from '../observer/index.js';
import { PurgeSchedule } from '../purge/index.js';
import { DatabaseStartup, DatabaseWatch } from '../storage/index.js';
import { TelemetrySockets } from '../telemetry/index.js';
import { setUpMiddleware } from './middleware.js';

/** A step of the start. What it throws ends the start, and what was started is stopped: see `stop-sequence.ts`. */
export interface StartStep {
  /** What begins, as the log names it. */
  name: string;
  run: () => unknown;
}

/**
 * From modules, which are made and do nothing yet, to a server that listens: it is live, not ready, and refuses nodes.
 * None of it waits for the database. Each step finds what is before it done.
 */
export function listenSequence(
  app: NestExpressApplication,
  settings: Settings,
  { dashboard }: Extensions,
): StartStep[] {
  return [
    // First of all: there is no message before there is a place to put it.
    { name: 'journal', run: () => app.get(JournalService).open() },
    { name: 'middleware', run: () => setUpMiddleware(app, settings, dashboard) },
    // Nest's own start: routes, gateways, schedules, and hooks of teams' modules. None of ours needs an order.
    { name: 'modules', run: () => app.init() },
    { name: 'connection limits', run: () => app.get(HttpConnections).start() },
    { name: 'node sockets', run: () => app.get(TelemetrySockets).start() },
    { name: 'live feed', run: () => app.get(FeedSockets).start() },
    { name: 'network views', run: () => app.get(NetworkUpdater).start() },
    // It purges nothing before the server runs.
    { name: 'purge schedule', run: () => app.get(PurgeSchedule).start() },
    // Whoever asks finds all of the above.
    { name: 'HTTP port', run: () => listen(app.getHttpServer(), settings) },
    {
      name: 'metrics port',
      run: () => app.get(MetricsPort).listen(app.getHttpAdapter().getInstance()),
    },
  ];
}

/** From there to a server that takes nodes in. */
export function readySequence(app: NestExpressApplication, signal: AbortSignal): StartStep[] {
  return [
    // As long as the database is away; only the signal ends that, or a database that will never do.
    { name: 'database', run: () => app.get(DatabaseStartup).run(signal) },
    // Who takes nodes in from now on is told when the database is away.
    { name: 'database watch', run: () => app.get(DatabaseWatch).start() },
    { name: 'delivery', run: () => app.get(Delivery).start() },
    // How far our clock is off, and until when earlier processes were there.
    { name: 'observer', run: () => app.get(Observer).prepare(signal) },
    {
      // Last of all: nodes are let in, and from now on it is a gap when they are not.
      name: 'intake',
      run: () => {
        app.get(Lifecycle).run();
        app.get(Observer).begin();
      },
    },
  ];
}

/** @throws what a step throws; the steps after it are not taken */
export async function startInOrder(steps: readonly StartStep[]): Promise<void> {
  const logger = new Logger('Server');
  for (const { name, run } of steps) {
    const startedAt = performance.now();
    await run();
    logger.debug(`Start step "${name}" took ${Math.round(performance.now() - startedAt).toString()} ms.`);
  }
}

async function listen(server: Server, settings: Settings): Promise<void> {
  server.listen({ port: settings.PORT, host: settings.HOST, backlog: settings.MAX_PENDING_CONNECTIONS });
  await once(server, 'listening');
  // Such as EMFILE where a connection is accepted: the server goes on.
  server.on('error', (error: Error) => new Logger('Server').error(`HTTP server error: ${error.message}`));
}
