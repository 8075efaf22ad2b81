import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../support/wait-until.js';
import type { Fault } from '../schedule/draw-schedule.js';
import type { Replica } from '../servers/replica.js';
import type { Stage } from './stage.js';

const HOUR_MS = 3_600_000;
const MONTH_MS = 30 * 24 * HOUR_MS;
const MOST = 12;
/** For a purge to be done, or to be refused: milliseconds. */
const PURGE_MS = 30_000;
const RIGHT_MS = 1_000;

/** A purge is due all the time, and goes by hours. */
const PURGED_SOON = { LOG_EXPIRY_H: '24', PURGE_INTERVAL_S: '2' };

/** The clock of a server is set to something wrong while it runs, and later to what is right. */
export function stepClock(unitMs: number) {
  return async (stage: Stage, replica: Replica, { amount, lengthMs }: Fault): Promise<void> => {
    const steps = Math.ceil(((amount * 2) % 1) * MOST);
    const aheadMs = (amount < 0.5 ? -1 : 1) * Math.max(1, steps) * unitMs;
    stage.say(`  its clock goes to ${new Date(Date.now() + aheadMs).toISOString()}`);
    await withClock(stage, replica, 0, async () => {
      await sleep(RIGHT_MS);
      replica.setClock(aheadMs);
      await purged(stage, replica);
      await sleep(lengthMs);
    });
  };
}

export const stepByHours = stepClock(HOUR_MS);
export const stepByMonths = stepClock(MONTH_MS);

/** A machine without a clock of its own begins in 2019, and is told the time while nodes send. */
export async function beginIn2019(stage: Stage, replica: Replica, { lengthMs }: Fault): Promise<void> {
  await withClock(stage, replica, Date.UTC(2019, 0, 1) - Date.now(), async () => {
    await purged(stage, replica);
    await sleep(lengthMs);
  });
}

/** At the end the clock is right, and that server does not notice it in what it stores. */
async function withClock(
  stage: Stage,
  replica: Replica,
  aheadMs: number,
  work: () => Promise<void>,
): Promise<void> {
  await replica.stop();
  await replica.start({ environment: PURGED_SOON, aheadMs });
  await work();
  replica.setClock(0);
  await purged(stage, replica);
  await sleep(RIGHT_MS);
  await replica.stop();
  await replica.start();
}

/** Waits until it has been at a purge again, whatever came of it. */
async function purged(stage: Stage, replica: Replica): Promise<void> {
  const count = async (): Promise<number> => (await replica.metrics()).sum('tetcore_purges_total');
  try {
    const before = await waitUntil(async () => 1 + (await count()), { what: 'metrics', timeoutMs: PURGE_MS });
    await waitUntil(async () => 1 + (await count()) > before, {
      what: 'a purge',
      timeoutMs: PURGE_MS,
      everyMs: 100,
    });
  } catch {
    stage.say(`  no purge came in ${PURGE_MS / 1000} s: the database may be away`);
  }
}
