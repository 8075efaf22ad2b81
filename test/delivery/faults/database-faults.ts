import { setTimeout as sleep } from 'node:timers/promises';
import type { Cut } from '../database/postgres-link.js';
import type { Fault } from '../schedule/draw-schedule.js';
import type { DatabaseFault } from '../schedule/fault-kinds.js';
import { recreateDatabase, restoreBackup } from './operator-faults.js';
import { NoFaultError, type Stage } from './stage.js';

/** For a connection to come where it is to be cut: milliseconds. */
const CUT_LIMIT_MS = 60_000;

type Play = (stage: Stage, fault: Fault) => Promise<void>;

/** Each returns when the database can be used again. */
export const DATABASE_PLAYS: Record<DatabaseFault, Play> = {
  'postgres restarted': async ({ postgres }) => {
    await postgres.stop('fast');
    await postgres.startAgain();
  },
  'postgres stopped': async ({ postgres }, { lengthMs }) => {
    await postgres.stop('fast');
    await sleep(lengthMs);
    await postgres.startAgain();
  },
  'postgres crashed': async ({ postgres }, { lengthMs }) => {
    await postgres.stop('immediate');
    await sleep(lengthMs / 4);
    await postgres.startAgain();
  },
  'postgres backend killed': async ({ postgres }, { amount }) => {
    for (let left = count(amount, 3); left > 0; left -= 1) {
      await postgres.killBackend();
      await sleep(200);
      await postgres.answers();
    }
  },
  'postgres frozen': async ({ postgres }, { lengthMs }) => {
    await postgres.freeze();
    await sleep(lengthMs);
    await postgres.thaw();
  },
  'postgres sessions ended': async ({ postgres }, { amount }) => {
    for (let left = count(amount, 10); left > 0; left -= 1) {
      await postgres.terminateBackends();
      await sleep(100);
    }
  },
  'link cut within COPY': (stage, fault) => cut(stage, 'within copy', fault),
  'link cut before COMMIT': (stage, fault) => cut(stage, 'before commit', fault),
  'link cut after COMMIT': (stage, fault) => cut(stage, 'after commit', fault),
  'link frozen': async ({ link }, { lengthMs }) => {
    link.freeze();
    await sleep(lengthMs);
    link.mend();
  },
  'database recreated': recreateDatabase,
  'postgres restored': restoreBackup,
};

async function cut({ link }: Stage, where: Cut, { amount }: Fault): Promise<void> {
  for (let left = count(amount, 8); left > 0; left -= 1) {
    const limit = new AbortController();
    try {
      const tooLong = sleep(CUT_LIMIT_MS, 'late', { signal: limit.signal });
      if ((await Promise.race([link.cutNext(where), tooLong])) === 'late') {
        throw new NoFaultError(`No connection came ${where} in ${CUT_LIMIT_MS / 1000} s.`);
      }
    } finally {
      limit.abort();
      link.giveUpCut();
    }
  }
}

/** From 1 to `most`. */
function count(amount: number, most: number): number {
  return 1 + Math.floor(amount * most);
}
