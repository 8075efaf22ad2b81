import { type INestApplication, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Delivery } from '../delivery/index.js';
import type { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { FeedSockets } from '../feed/index.js';
import { NetworkUpdater, NetworkViews, StatusJob } from '../network/index.js';
import { Observer } from '../observer/index.js';
import { HttpConnections } from '../platform/http-server/index.js';
import { DeadlineExceededError, withDeadline } from '../platform/async/index.js';
import { Deadline, Lifecycle } from '../platform/lifecycle/index.js';
import { MetricsPort } from '../platform/metrics/index.js';
import { PurgeSchedule } from '../purge/index.js';
import { Aggregator, EventWebhook, HourRepair } from '../insight/index.js';
import { NodeRegistry } from '../registry/index.js';
import { CollectorRegistry, DatabaseWatch, WriterPool } from '../storage/index.js';
import { Batcher, TelemetrySockets } from '../telemetry/index.js';
import { formatError } from './log-text.js';

/** Share of the time that no step may use, so that the process exits before the deadline. */
export const RESERVED_FOR_EXIT = 0.05;

/** The deadline of a step is this share of its timeout, so that it can finish before the timeout. */
const STEP_DEADLINE = 0.9;

/** A step of the shutdown. */
export interface StopStep {
  /** The name in the log: `delivery`. */
  name: string;
  /** Share of the whole time that is reserved for this step. */
  share: number;
  /** Upper limit if there is more time: milliseconds. */
  maxMs?: number;
  /**
   * @param deadline of this step
   * @param whole of the stop
   */
  run: (deadline: Deadline, whole: Deadline) => unknown;
}

/** Runs steps one after another. A step that fails or times out is logged, and the next step runs. */
export async function stopInOrder(steps: readonly StopStep[], whole: Deadline): Promise<void> {
  let kept = steps.reduce((sum, { share }) => sum + share, RESERVED_FOR_EXIT);
  for (const step of steps) {
    kept -= step.share;
    await take(step, Math.min(step.maxMs ?? Infinity, whole.leftMs(kept)), whole);
  }
}

async function take({ name, run }: StopStep, limitMs: number, whole: Deadline): Promise<void> {
  const logger = new Logger('Server');
  const startedAt = performance.now();
  const late = new DeadlineExceededError(limitMs);
  try {
    await withDeadline(limitMs, () => run(new Deadline(limitMs * STEP_DEADLINE), whole), undefined, late);
  } catch (error) {
    // A step may throw an error of this class itself, for a deadline of its own.
    if (error === late) {
      logger.warn(`Stop step "${name}" timed out; continuing with the next step.`);
    } else {
      logger.error(`Stop step "${name}" failed: ${formatError(error)}`);
    }
  }
  logger.debug(`Stop step "${name}" took ${Math.round(performance.now() - startedAt).toString()} ms.`);
}

/** Requests in progress have this time from the start of the shutdown, or this share of it: milliseconds. */
const REQUEST_GRACE_MS = 5_000;
const REQUEST_GRACE = 0.25;

/** Share of the whole time. */
export const RESERVED_FOR_POSTGRES = 0.2;
/** Reserved for an immediate stop of PostgreSQL if a fast stop times out: milliseconds. */
const IMMEDIATE_STOP_MS = 1_000;

/**
 * The steps that stop a server, from rejecting sockets to closing the database. When a step runs, the steps before it are
 * done or have timed out, and everything after it is still running. Parts may not have been started yet. The shares add
 * up to less than 1: the rest is reserved for the exit of the process.
 */
export function stopSequence(app: INestApplication): StopStep[] {
  return [
    {
      // No new work: sockets are rejected, HTTP connections close after their response, a running purge stops.
      name: 'intake',
      share: 0,
      run: (_deadline, whole) => {
        app.get(Lifecycle).drain(whole);
        app.get(Observer).stopTakingIn();
        app.get(PurgeSchedule).stop();
        app.get(NetworkUpdater).stop();
      },
    },
    {
      // No new sockets. Afterwards every frame of every node has been read.
      name: 'node sockets',
      share: 0.25,
      maxMs: 6_000,
      run: (deadline) => app.get(TelemetrySockets).stop(deadline),
    },
    {
      // Every message is in a batch. Afterwards every batch is in the queue, with the ends of all connections.
      name: 'last batch',
      share: 0,
      run: () => app.get(Batcher).flush(),
    },
    {
      // No new batches. Scheduled tasks still run, so the heartbeats of this process continue.
      name: 'delivery',
      share: 0.2,
      run: (deadline) => app.get(Delivery).drain(deadline),
    },
    {
      // Until now an outage of the database is logged. Afterwards batches that are not stored are on disk, and the
      // journal is closed.
      name: 'journal',
      share: 0.02,
      run: () => {
        app.get(DatabaseWatch).stop();
        return app.get(Delivery).close();
      },
    },
    {
      // No more batches are stored. Resources of hooks stay until the modules are closed.
      name: 'after-store hooks',
      share: 0.05,
      maxMs: 2_000,
      run: (deadline) => app.get(Delivery).endHooks(deadline),
    },
    {
      // No more batches are written to sinks.
      name: 'secondary sinks',
      share: 0.05,
      maxMs: 2_000,
      run: () => app.get(Delivery).closeSinks(),
    },
    {
      // Subscribers have received the disconnects of nodes.
      name: 'live feed',
      share: 0.04,
      maxMs: 1_000,
      run: (deadline) => app.get(FeedSockets).stop(deadline),
    },
    {
      // No WebSockets are open: the port has HTTP connections only.
      name: 'HTTP requests',
      share: 0.02,
      maxMs: REQUEST_GRACE_MS + 1_000,
      run: (_deadline, whole) => app.get(HttpConnections).stop(remainingGraceMs(whole)),
    },
    {
      // No more requests. Afterwards no task is started and nothing is read.
      name: 'scheduled tasks',
      share: 0,
      run: () => {
        app.get(NetworkViews).stop();
        app.get(NodeRegistry).stop();
        app.get(Aggregator).stop();
        app.get(HourRepair).stop();
        app.get(StatusJob).stop();
        app.get(EventWebhook).stop();
        cancelSchedules(app.get(SchedulerRegistry));
      },
    },
    {
      // The start of the gap is stored in the database, or in a file for the next process.
      name: 'observer',
      share: 0.01,
      maxMs: 250,
      run: (deadline) => app.get(Observer).close(deadline),
    },
    {
      // No more heartbeats of this process.
      name: 'collector entry',
      share: 0.03,
      maxMs: 2_000,
      run: () => app.get(CollectorRegistry).stop(),
    },
    {
      // No more writes.
      name: 'writer connections',
      share: 0.02,
      maxMs: 2_000,
      run: () => app.get(WriterPool).close(),
    },
    {
      // NestJS calls shutdown hooks of teams' modules and of TypeORM, which closes the readers' connections.
      name: 'modules',
      share: 0.06,
      run: () => app.close(),
    },
    {
      // As late as possible, so that the shutdown can be monitored.
      name: 'metrics port',
      share: 0,
      run: () => app.get(MetricsPort).close(),
    },
  ];
}

/** Stops the embedded PostgreSQL after its last client. */
export function stopPostgresStep(postgres: EmbeddedPostgresServer): StopStep {
  return {
    name: 'PostgreSQL',
    share: RESERVED_FOR_POSTGRES,
    run: (_deadline, whole) => {
      const inOrderMs = whole.leftMs(RESERVED_FOR_EXIT) - IMMEDIATE_STOP_MS;
      return postgres.stop(Math.max(1, Math.floor(inOrderMs / 1000)));
    },
  };
}

function remainingGraceMs(whole: Deadline): number {
  return Math.max(0, Math.min(REQUEST_GRACE_MS, REQUEST_GRACE * whole.limitMs) - whole.passedMs);
}

/** Cancels intervals, timeouts and cron jobs, also those of teams. */
function cancelSchedules(registry: SchedulerRegistry): void {
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
  for (const name of registry.getTimeouts()) registry.deleteTimeout(name);
  for (const name of registry.getCronJobs().keys()) registry.deleteCronJob(name);
}
