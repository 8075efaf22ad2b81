import { setTimeout as sleep } from 'node:timers/promises';
import { waitUntil } from '../../support/wait-until.js';
import type { Fault } from '../schedule/draw-schedule.js';
import type { ServerFault } from '../schedule/fault-kinds.js';
import type { Replica } from '../servers/replica.js';
import { beginIn2019, stepByHours, stepByMonths } from './clock-faults.js';
import { damageRecords, truncateJournal } from './journal-damage.js';
import { bringOlderJournal, removeJournal } from './journal-faults.js';
import { loseRecords } from './lose-records.js';
import { NoFaultError, type Stage } from './stage.js';
import { clocksApart, otherBuild, secondServer } from './volume-faults.js';

const IN_MEMORY_ONLY = 'The journal cannot be written. Batches are held in memory only';
const KIB = 1024;
const LONG_MS = 60_000;

type Play = (stage: Stage, replica: Replica, fault: Fault) => Promise<void>;

/** Each returns when the server is back, and safe against the next fault. */
export const SERVER_PLAYS: Record<ServerFault, Play> = {
  'server stopped': async (_stage, replica, { lengthMs }) => {
    await replica.stop();
    await sleep(lengthMs / 8);
    await replica.start();
  },
  'server killed': async (_stage, replica) => {
    await replica.kill();
    await replica.start();
  },
  'server frozen': async (_stage, replica, { lengthMs }) => {
    process.kill(replica.pid, 'SIGSTOP');
    await sleep(lengthMs);
    process.kill(replica.pid, 'SIGCONT');
  },
  'server frozen for long': async ({ longFreezeMs = LONG_MS }, replica) => {
    process.kill(replica.pid, 'SIGSTOP');
    await sleep(longFreezeMs);
    process.kill(replica.pid, 'SIGCONT');
  },
  'machine killed': killMachine,
  'sockets reset': async ({ fleet }, _replica, { amount, lengthMs }) => {
    const times = 1 + Math.floor(lengthMs / 1000);
    for (let time = 0; time < times; time += 1) {
      fleet.reset(0.1 + 0.9 * amount, 100);
      await sleep(700);
    }
  },
  'journal disk full': fillDisk,
  'journal damaged': (stage, replica, { amount }) => loseRecords(stage, replica, damageRecords, amount),
  'journal truncated': (stage, replica, { amount }) => loseRecords(stage, replica, truncateJournal, amount),
  'journal removed': removeJournal,
  'journal of an older server': bringOlderJournal,
  'second server on the volume': secondServer,
  'other build on the volume': otherBuild,
  'clocks a minute apart': clocksApart,
  'clock stepped by hours': stepByHours,
  'clock stepped by months': stepByMonths,
  'clock from 2019': beginIn2019,
};

/** PostgreSQL loses its power together with one server, or with all of them. */
async function killMachine(
  { databaseTurn, postgres, replicas }: Stage,
  replica: Replica,
  { amount }: Fault,
): Promise<void> {
  const servers = amount < 0.5 ? [replica] : replicas;
  await databaseTurn.take(async () => {
    await Promise.all([...servers.map((server) => server.kill()), postgres.kill()]);
    await Promise.all([...servers.map((server) => server.start()), postgres.startAgain()]);
  });
}

async function fillDisk(_stage: Stage, replica: Replica, { lengthMs, amount }: Fault): Promise<void> {
  const { volume, process: server, pid } = replica;
  if (volume === undefined) throw new NoFaultError('There is no way to fill a disk here.');
  const before = server.log.length;
  // Somewhere in the middle of a record.
  await volume.fill(pid, Math.floor(amount * 100 * KIB));
  try {
    await waitUntil(() => server.log.includes(IN_MEMORY_ONLY, before), {
      what: 'the journal to be full',
      timeoutMs: 30_000,
    });
    await sleep(lengthMs);
  } finally {
    await volume.free(pid);
  }
  // What is in memory only may be lost if the server is killed next: that is not promised.
  await waitUntil(
    async () => {
      const metrics = await replica.metrics();
      return metrics.sum('tetcore_queue_batches') <= metrics.sum('tetcore_journal_batches');
    },
    { what: 'batches that are in memory only to be stored', timeoutMs: 90_000, everyMs: 100 },
  );
}
