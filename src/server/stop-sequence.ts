import { type INestApplication, Logger } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import { Delivery } from '../delivery/index.js';
import type { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { FeedSockets } from '../feed/index.js';
import { NetworkUpdater, NetworkViews } from '../network/index.js';
import { Observer } from '../observer/index.js';
import { HttpConnections } from '../platform/http-server/index.js';
import { Deadline, inTime, Lifecycle } from '../platform/lifecycle/index.js';
import { MetricsPort } from '../platform/metrics/index.js';
import { PurgeSchedule } from '../purge/index.js';
import { NodeRegistry } from '../registry/index.js';
import { CollectorRegistry, DatabaseWatch, WriterPool } from '../storage/index.js';
import { Batcher, TelemetrySockets } from '../telemetry/index.js';
import { formatError } from './log-text.js';

/** Of the whole time, kept by no step: the process is to have ended before it is over. */
export const RESERVED_FOR_EXIT = 0.05;

/** A part is told to be done a little before it is not waited for any longer: this share of its time. */
const STEP_DEADLINE = 0.9;

/** A step of the stop. */
export interface StopStep {
  /** What ends, as the log names it: `delivery`. */
  name: string;
  /** Of the whole time, kept for this step whatever those before it take. */
  share: number;
  /** It takes no longer than this where there is more time: milliseconds. */
  maxMs?: number;
  /**
   * @param deadline of this step
   * @param whole of the stop
   */
  run: (deadline: Deadline, whole: Deadline) => unknown;
}

/** Takes one step after the other. One that fails or takes too long is logged, and the next one is taken all the same. */
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
  const work = async (): Promise<unknown> => await run(new Deadline(limitMs * STEP_DEADLINE), whole);
  try {
    if (!(await inTime(work(), limitMs)))
      logger.warn(`Stop step "${name}" timed out; continuing with the next step.`);
  } catch (error) {
    logger.error(`Stop step "${name}" failed: ${formatError(error)}`);
  }
  logger.debug(`Stop step "${name}" took ${Math.round(performance.now() - startedAt).toString()} ms.`);
}

/** Requests that are being answered have this long from the beginning of the stop, or this share of it: milliseconds. */
const REQUEST_GRACE_MS = 5_000;
const REQUEST_GRACE = 0.25;

/** Of the time to stop. */
export const RESERVED_FOR_POSTGRES = 0.2;
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
      name: 'intake',
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
      // Nothing is pushed any more. What comes again still does: this process is seen to be alive for as long as it takes.
      name: 'delivery',
      share: 0.2,
      run: (deadline) => app.get(Delivery).drain(deadline),
    },
    {
      // What can be stored is stored. Afterwards the rest is on disk, and the journal is closed.
      name: 'journal',
      share: 0.02,
      run: () => app.get(Delivery).leave(),
    },
    {
      // No batch is stored any more. What stages stand on is there until the modules end.
      name: 'after-store hooks',
      share: 0.05,
      maxMs: 2_000,
      run: (deadline) => app.get(Delivery).endStages(deadline),
    },
    {
      // No batch is brought to a sink any more.
      name: 'secondary sinks',
      share: 0.05,
      maxMs: 2_000,
      run: () => app.get(Delivery).closeSinks(),
    },
    {
      // Whoever follows has seen nodes go.
      name: 'live feed',
      share: 0.04,
      maxMs: 1_000,
      run: (deadline) => app.get(FeedSockets).stop(deadline),
    },
    {
      // No WebSocket is open, and so the port has connections of HTTP alone.
      name: 'HTTP requests',
      share: 0.02,
      maxMs: REQUEST_GRACE_MS + 1_000,
      run: (_deadline, whole) => app.get(HttpConnections).stop(remainingGraceMs(whole)),
    },
    {
      // Nobody asks any more. Afterwards nothing begins by itself, and nothing is read.
      name: 'scheduled tasks',
      share: 0,
      run: () => {
        app.get(NetworkViews).stop();
        app.get(NodeRegistry).stop();
        cancelSchedules(app.get(SchedulerRegistry));
      },
    },
    {
      // Since when nodes are not seen is in the database, or in the folder for the next process.
      name: 'observer',
      share: 0.01,
      maxMs: 250,
      run: (deadline) => app.get(Observer).leave(deadline),
    },
    {
      // Nothing says any more that this process is alive.
      name: 'collector entry',
      share: 0.03,
      maxMs: 2_000,
      run: () => app.get(CollectorRegistry).stop(),
    },
    {
      // Nobody writes any more.
      name: 'writer connections',
      share: 0.02,
      maxMs: 2_000,
      run: () => app.get(WriterPool).close(),
    },
    {
      // Nest's own end: hooks of teams' modules, and TypeORM's, which ends the readers' connections. None is ours.
      name: 'modules',
      share: 0.06,
      run: () => app.close(),
    },
    {
      // As late as can be, so that all that can be watched.
      name: 'metrics port',
      share: 0,
      run: () => app.get(MetricsPort).close(),
    },
  ];
}

/** The server's own PostgreSQL, once nobody asks it any more. */
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

/** Intervals, timeouts and cron jobs, also those of teams. */
function cancelSchedules(registry: SchedulerRegistry): void {
  for (const name of registry.getIntervals()) registry.deleteInterval(name);
  for (const name of registry.getTimeouts()) registry.deleteTimeout(name);
  for (const name of registry.getCronJobs().keys()) registry.deleteCronJob(name);
}
