import type { INestApplication } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Delivery } from '../delivery/index.js';
import type { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { FeedSockets } from '../feed/index.js';
import { HttpConnections } from '../platform/http-server/index.js';
import { type Deadline, Lifecycle } from '../platform/lifecycle/index.js';
import { MetricsPort } from '../platform/metrics/index.js';
import { NetworkUpdater, NetworkViews } from '../network/index.js';
import { Observer } from '../observer/index.js';
import { PurgeSchedule } from '../purge/index.js';
import { NodeRegistry } from '../registry/index.js';
import { CollectorRegistry, DatabaseWatch, WriterPool } from '../storage/index.js';
import { Batcher, TelemetrySockets } from '../telemetry/index.js';
import { KEPT_FOR_THE_PROCESS, type StopStep } from './stop-step.js';

/** Requests that are being answered have this long from the beginning of the stop, or this share of it: milliseconds. */
const REQUEST_GRACE_MS = 5_000;
const REQUEST_GRACE = 0.25;

/** Of the time to stop. */
export const KEPT_FOR_POSTGRES = 0.2;
/** A PostgreSQL that does not stop in order is made to, for which it needs this long: milliseconds. */
const IMMEDIATE_STOP_MS = 1_000;

/**
 * The stop of what has been made of a server, from the first socket that is refused to the database. Each step finds
 * what is before it done, or given up, and everything after it still there. It may be that nothing was started yet.
 * The shares of the time add up to less than 1: the rest is for the process to end.
 */
export function stopSequence(app: INestApplication): StopStep[] {
  return [
    {
      // Nothing new is begun: sockets are refused, each answer is the last of its connection, a purge gives way.
      name: 'the intake',
      share: 0,
      run: (_deadline, whole) => {
        app.get(Lifecycle).drain(whole);
        app.get(Observer).stopTakingIn();
        app.get(PurgeSchedule).stop();
        app.get(NetworkUpdater).stop();
        app.get(DatabaseWatch).stop();
      },
    },
    {
      // No socket comes any more. Afterwards every frame of every node has been read.
      name: 'the sockets of nodes',
      share: 0.25,
      mostMs: 6_000,
      run: (deadline) => app.get(TelemetrySockets).stop(deadline),
    },
    {
      // Every message is in a batch. Afterwards every batch is in the queue, with the ends of all connections.
      name: 'the last batch',
      share: 0,
      run: () => app.get(Batcher).flush(),
    },
    {
      // Nothing is pushed any more. What comes again still does: this process is seen to be alive for as long as it takes.
      name: 'delivery',
      share: 0.2,
      run: (deadline) => app.get(Delivery).drain(deadline),
    },
    {
      // What can be stored is stored. Afterwards the rest is on disk, and the journal is closed.
      name: 'the journal',
      share: 0.02,
      run: () => app.get(Delivery).close(),
    },
    {
      // No batch is stored any more. What stages stand on is there until the modules end.
      name: 'the stages after storing',
      share: 0.05,
      mostMs: 2_000,
      run: (deadline) => app.get(Delivery).endHooks(deadline),
    },
    {
      // No batch is brought to a sink any more.
      name: 'the sinks',
      share: 0.05,
      mostMs: 2_000,
      run: () => app.get(Delivery).closeSinks(),
    },
    {
      // Whoever follows has seen nodes go.
      name: 'the live feed',
      share: 0.04,
      mostMs: 1_000,
      run: (deadline) => app.get(FeedSockets).stop(deadline),
    },
    {
      // No WebSocket is open, and so the port has connections of HTTP alone.
      name: 'the requests',
      share: 0.02,
      mostMs: REQUEST_GRACE_MS + 1_000,
      run: (_deadline, whole) => app.get(HttpConnections).stop(graceLeft(whole)),
    },
    {
      // Nobody asks any more. Afterwards nothing begins by itself, and nothing is read.
      name: 'what comes again',
      share: 0,
      run: () => {
        app.get(NetworkViews).stop();
        app.get(NodeRegistry).stop();
        endSchedules(app.get(SchedulerRegistry));
      },
    },
    {
      // Since when nodes are not seen is in the database, or in the folder for the next process.
      name: 'the observer',
      share: 0.01,
      mostMs: 250,
      run: (deadline) => app.get(Observer).close(deadline),
    },
    {
      // Nothing says any more that this process is alive.
      name: 'the entry in collectors',
      share: 0.03,
      mostMs: 2_000,
      run: () => app.get(CollectorRegistry).stop(),
    },
    {
      // Nobody writes any more.
      name: "the writers' connections",
      share: 0.02,
      mostMs: 2_000,
      run: () => app.get(WriterPool).close(),
    },
    {
      // Nest's own end: hooks of teams' modules, and TypeORM's, which ends the readers' connections. None is ours.
      name: 'the modules',
      share: 0.06,
      run: () => app.close(),
    },
    {
      // As late as can be, so that all that can be watched.
      name: 'the port of metrics',
      share: 0,
      run: () => app.get(MetricsPort).close(),
    },
  ];
}

/** The server's own PostgreSQL, once nobody asks it any more. */
export function stopOfPostgres(postgres: EmbeddedPostgresServer): StopStep {
  return {
    name: 'PostgreSQL',
    share: KEPT_FOR_POSTGRES,
    run: (_deadline, whole) => {
      const inOrderMs = whole.leftMs(KEPT_FOR_THE_PROCESS) - IMMEDIATE_STOP_MS;
      return postgres.stop(Math.max(1, Math.floor(inOrderMs / 1000)));
    },
  };
}

function graceLeft(whole: Deadline): number {
  return Math.max(0, Math.min(REQUEST_GRACE_MS, REQUEST_GRACE * whole.limitMs) - whole.passedMs);
}

/** Intervals, timeouts and cron jobs, also those of teams. */
function endSchedules(registry: SchedulerRegistry): void {
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
  for (const name of registry.getTimeouts()) registry.deleteTimeout(name);
  for (const name of registry.getCronJobs().keys()) registry.deleteCronJob(name);
}
