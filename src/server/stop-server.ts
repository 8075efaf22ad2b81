import { Logger } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { type Deadline, inTime, Lifecycle } from '../lifecycle/index.js';
import { explain } from './explain.js';

/** Requests that are being answered have this long to end, or a quarter of the time if that is less: milliseconds. */
const REQUEST_GRACE_MS = 5_000;
/** Who connects after that, while the others go, is cut off this soon: milliseconds. */
const CUT_OFF_EVERY_MS = 100;

/** Shares of the time: kept for PostgreSQL to stop, and in any case, so that the process ends before it is over. */
const KEPT_FOR_POSTGRES = 0.2;
const KEPT_IN_ANY_CASE = 0.05;
/** A PostgreSQL that does not stop in order is made to, for which it needs this long: milliseconds. */
const IMMEDIATE_STOP_MS = 1_000;

/** What has been started so far. */
export interface ServerParts {
  app?: NestExpressApplication | undefined;
  postgres?: EmbeddedPostgresServer | undefined;
}

/** Ends everything in order, and in time: nodes, batches, database. Whatever fails is logged. */
export async function stopServer({ app, postgres }: ServerParts, deadline: Deadline): Promise<void> {
  const kept = postgres === undefined ? KEPT_IN_ANY_CASE : KEPT_FOR_POSTGRES;
  if (app !== undefined) {
    await attempt(closeApp(app, deadline), deadline.leftMs(kept), 'Not everything has ended in time.');
  }
  if (postgres !== undefined) {
    const leftMs = deadline.leftMs(KEPT_IN_ANY_CASE);
    const inOrderS = Math.max(1, Math.floor((leftMs - IMMEDIATE_STOP_MS) / 1000));
    await attempt(
      postgres.stop(inOrderS),
      leftMs,
      'PostgreSQL has been told to stop, and is not waited for.',
    );
  }
}

/** PostgreSQL may have to recover for long. It cannot be told to stop before that. */
export async function stopStarting(
  starting: Promise<EmbeddedPostgresServer>,
  deadline: Deadline,
): Promise<void> {
  const postgres = starting.catch(() => undefined);
  const left = 'PostgreSQL is still starting, and is not waited for: the next start takes it over.';
  if (await attempt(postgres, deadline.leftMs(KEPT_FOR_POSTGRES), left)) {
    await stopServer({ postgres: await postgres }, deadline);
  }
}

async function closeApp(app: NestExpressApplication, deadline: Deadline): Promise<void> {
  app.get(Lifecycle).drain(deadline);
  const server = app.getHttpServer();
  let cutOff: NodeJS.Timeout | undefined;
  const grace = setTimeout(
    () => {
      server.closeAllConnections();
      cutOff = setInterval(() => server.closeAllConnections(), CUT_OFF_EVERY_MS);
    },
    deadline.shareMs(0.25, REQUEST_GRACE_MS),
  );
  try {
    await app.close();
  } finally {
    clearTimeout(grace);
    clearInterval(cutOff);
  }
}

/** @returns whether it has ended, be it by failing */
async function attempt(work: Promise<unknown>, limitMs: number, otherwise: string): Promise<boolean> {
  const logger = new Logger('Server');
  try {
    if (await inTime(work, limitMs)) return true;
    logger.warn(otherwise);
    return false;
  } catch (error) {
    logger.error(explain(error));
    return true;
  }
}
