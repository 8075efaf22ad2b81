import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { onDatabase } from '../../support/on-database.js';
import { waitUntil } from '../../support/wait-until.js';
import type { Replica } from '../servers/replica.js';
import { type Damage, type JournalRecord, readJournal } from './journal-damage.js';
import { NoFaultError, type Stage } from './stage.js';

/** In the journal and in no table, so that there is something to lose. */
const WAITING_BATCHES = 6;
const REPLAY_MS = 90_000;

/**
 * Kills a server while batches wait in its journal, damages some of them, and starts it again: it is to store the
 * others, and to count the places that it could not read.
 */
export async function loseRecords(
  stage: Stage,
  replica: Replica,
  damage: Damage,
  amount: number,
): Promise<void> {
  await stage.databaseTurn.take(async () => {
    stage.link.freeze();
    let expected: number;
    try {
      await waitUntil(
        async () => (await replica.metrics()).sum('tetcore_journal_batches') >= WAITING_BATCHES,
        {
          what: 'batches to wait in the journal',
          timeoutMs: 30_000,
          everyMs: 50,
        },
      );
      await replica.kill();
      expected = await damageJournal(stage, replica, damage, amount);
    } finally {
      // Nothing of what is under way on the link may be stored after that.
      stage.link.mend();
    }
    await replica.start();
    await waitUntil(async () => (await replica.abandonedJournals()) === 0, {
      what: 'a damaged journal to be stored and gone',
      timeoutMs: REPLAY_MS,
      everyMs: 50,
    });
    const counted = (await replica.metrics()).sum('tetcore_journal_damage_total');
    if (counted !== expected) {
      stage.problems.push(
        `server ${replica.index} counted ${counted} damaged places, and there were ${expected}`,
      );
    }
  });
}

/** Gives how many damaged places there are. */
async function damageJournal(
  stage: Stage,
  replica: Replica,
  damage: Damage,
  amount: number,
): Promise<number> {
  let places = 0;
  for (const folder of (await readdir(replica.journal)).filter((name) => name.includes('-'))) {
    const journal = await readJournal(join(replica.journal, folder));
    const waiting = await notStored(stage.databaseUrl, journal.records);
    if (waiting.length < 2) {
      places += journal.damage;
      continue;
    }
    const done = await damage(waiting, journal.damage, amount);
    places += done.places;
    const lost = done.lost.flatMap(({ messages }) => messages);
    if (lost.length === 0) throw new NoFaultError('The damaged records hold no messages.');
    stage.damaged.push(...lost);
    stage.say(`  ${done.lost.length} records with ${lost.length} messages are damaged`);
  }
  return places;
}

async function notStored(url: string, records: readonly JournalRecord[]): Promise<JournalRecord[]> {
  const ids = records.map(({ batchId }) => batchId);
  const stored = await onDatabase(url, (client) =>
    client.query<{ id: string }>('SELECT id FROM ingest_batches WHERE id = ANY($1::uuid[])', [ids]),
  );
  const known = new Set(stored.rows.map(({ id }) => id));
  return records.filter(({ batchId }) => !known.has(batchId));
}
