import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../support/wait-until.js';
import type { Fault } from '../schedule/draw-schedule.js';
import type { Replica } from '../servers/replica.js';
import { withNeighbour } from './neighbours.js';
import { NoFaultError, type Stage } from './stage.js';

const TOGETHER_MS = 1_500;
const WAITING_BATCHES = 6;
const MINUTE_MS = 60_000;
/** A server looks for journals of others as soon as it is ready, and has taken what it takes by then: milliseconds. */
const LOOKED_MS = 2_000;

/** Whatever an operator may have set otherwise than on the other server. */
const OTHER_SETTINGS = {
  DB_BATCH_SIZE: '64',
  DB_SAVE_LATENCY_MS: '400',
  NUM_THREADS: '1',
  JOURNAL_MODE: 'overflow',
  LOG_EXPIRY_H: '24',
};

/** Of the same build and with other settings: it works beside the first, and stops. */
export async function secondServer(stage: Stage, replica: Replica, { lengthMs }: Fault): Promise<void> {
  const options = { databaseUrl: stage.link.url, environment: OTHER_SETTINGS };
  await withNeighbour(stage, replica, options, {}, async (neighbour) => {
    await sleep(TOGETHER_MS + lengthMs / 2);
    await neighbour.stop();
    await neighbour.start();
    await sleep(TOGETHER_MS + lengthMs / 2);
  });
}

/** It is killed beside the first, which is then replaced by the other build, as an upgrade does and its way back. */
export async function otherBuild(stage: Stage, replica: Replica, { lengthMs }: Fault): Promise<void> {
  const main = stage.otherMain;
  if (main === undefined) throw new NoFaultError('There is no other build.');
  await withNeighbour(stage, replica, { databaseUrl: stage.link.url, main }, {}, async (neighbour) => {
    await sleep(TOGETHER_MS + lengthMs / 2);
    await neighbour.kill();
    await replica.kill();
    await replica.start({ main });
    await neighbour.start();
    await sleep(TOGETHER_MS + lengthMs / 2);
    await replica.kill();
    await replica.start();
  });
}

/**
 * Two servers share a volume from machines whose clocks are a minute apart. Of the one whose clock is behind batches
 * wait in the journal when the other is started, which reaches the database. It must not take them: then the first
 * is killed.
 */
export async function clocksApart(stage: Stage, replica: Replica, { amount }: Fault): Promise<void> {
  const { link, databaseUrl } = stage;
  const through = await otherMachine();
  if (through === undefined) throw new NoFaultError('Nothing can pass for another machine here.');
  await stage.databaseTurn.take(async () => {
    if (amount < 0.5) {
      link.freeze();
      try {
        await waitsIn(replica);
        const ahead = { through, aheadMs: MINUTE_MS };
        await withNeighbour(stage, replica, { databaseUrl }, ahead, async () => {
          await sleep(LOOKED_MS);
          await replica.kill();
          link.mend();
          await replica.start();
        });
      } finally {
        // Again, where it failed before.
        link.mend();
      }
      return;
    }
    const behind = { through, aheadMs: -MINUTE_MS };
    await withNeighbour(stage, replica, { databaseUrl: link.url }, behind, async (neighbour) => {
      await replica.stop();
      link.freeze();
      try {
        await waitsIn(neighbour);
        await replica.start({ environment: { DATABASE_URL: databaseUrl } });
        await sleep(LOOKED_MS);
        await neighbour.kill();
      } finally {
        link.mend();
      }
      await neighbour.start(behind);
      await replica.stop();
      await replica.start();
    });
  });
}

async function waitsIn(replica: Replica): Promise<void> {
  await waitUntil(async () => (await replica.metrics()).sum('tetcore_journal_batches') >= WAITING_BATCHES, {
    what: 'batches to wait in the journal',
    timeoutMs: 30_000,
    everyMs: 50,
  });
}

/** What has a program take itself for one of another machine: it sees another host name. Undefined where that is refused. */
export async function otherMachine(): Promise<readonly string[] | undefined> {
  const map = process.getuid?.() === 0 ? [] : ['--map-root-user'];
  const through = ['unshare', ...map, '--uts', 'sh', '-c', 'hostname elsewhere && exec "$0" "$@"'] as const;
  const [program, ...args] = through;
  return await promisify(execFile)(program, [...args, 'true']).then(
    () => through,
    () => undefined,
  );
}
