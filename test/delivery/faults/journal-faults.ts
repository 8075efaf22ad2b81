import { cp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readFormat } from '../../../src/delivery/journal/format/index.js';
import { openBatchPath, readOpenBatch } from '../../../src/delivery/journal/open-batch.js';
import { RecordReader } from '../../../src/delivery/journal/records.js';
import { readTuple, splitTuples, timeOf } from '../../../src/storage/index.js';
import type { Batch } from '../../../src/telemetry/index.js';
import { onDatabase } from '../../support/on-database.js';
import { waitUntil } from '../../support/wait-until.js';
import type { Fault } from '../schedule/draw-schedule.js';
import type { Replica } from '../servers/replica.js';
import type { Stage } from './stage.js';

/** What a server of format 1 left, which every later one is to read. */
const GOLDEN = join(import.meta.dirname, '../../fixtures/journal-v1');
const GOLDEN_ID = '019ab000-0000-7000-8000-00000000000f';
const REPLAY_MS = 90_000;
const NOTICE_MS = 10_000;
const WAITING_BATCHES = 6;
const FEW_BATCHES = 3;

/**
 * A journal that a server of an older version left on the volume. Where its batches are stored already, nothing changes:
 * their messages are there once, or were purged since.
 */
export async function bringOlderJournal(stage: Stage, replica: Replica): Promise<void> {
  await stage.databaseTurn.take(async () => {
    await replica.stop();
    const messages = await goldenMessages();
    const before = await countStored(stage, messages);
    await cp(GOLDEN, join(replica.journal, GOLDEN_ID), { recursive: true });
    await replica.start();
    await waitUntil(async () => (await replica.abandonedJournals()) === 0, {
      what: 'the journal of an older server to be stored and gone',
      timeoutMs: REPLAY_MS,
      everyMs: 50,
    });
    const after = await countStored(stage, messages);
    for (const [index, { logs }] of messages.entries()) {
      const expected = before[index]?.isBatchStored === true ? before[index].rows : 1;
      const rows = after[index]?.rows;
      if (rows === expected) continue;
      stage.problems.push(
        `of the older journal ${logs} is stored ${String(rows)} times instead of ${String(expected)}`,
      );
    }
  });
}

async function countStored(
  { databaseUrl }: Stage,
  messages: readonly GoldenMessage[],
): Promise<{ rows: number; isBatchStored: boolean }[]> {
  return await onDatabase(databaseUrl, async (client) => {
    const counts: { rows: number; isBatchStored: boolean }[] = [];
    for (const { batchId, createdAt, logs } of messages) {
      const { rows } = await client.query<{ rows: number; isBatchStored: boolean }>(
        `SELECT (SELECT count(*)::int FROM tetcore_logs WHERE created_at = $1::timestamptz AND logs = $2::jsonb) AS rows,
                EXISTS (SELECT FROM ingest_batches WHERE id = $3) AS "isBatchStored"`,
        [timeOf(createdAt), logs, batchId],
      );
      counts.push(...rows);
    }
    return counts;
  });
}

/**
 * The directory that a server writes to is removed or moved. It is to go on in another folder: what it acknowledged is there
 * when it is killed while nothing can be stored.
 */
export async function removeJournal(stage: Stage, replica: Replica, { amount }: Fault): Promise<void> {
  const { databaseTurn, link } = stage;
  const moved = join(replica.journal, 'moved');
  await databaseTurn.take(async () => {
    await waitUntil(async () => (await replica.metrics()).sum('tetcore_queue_batches') <= FEW_BATCHES, {
      what: 'what waits to be stored',
      timeoutMs: REPLAY_MS,
      everyMs: 20,
    });
    const [folder] = await foldersOf(replica);
    if (folder === undefined) throw new Error('The server has no journal.');
    if (amount < 0.5) await rm(join(replica.journal, folder), { recursive: true, force: true });
    else await rename(join(replica.journal, folder), moved);
    await waitUntil(async () => (await foldersOf(replica)).length > 0, {
      what: 'another journal',
      timeoutMs: NOTICE_MS,
    }).catch(() => stage.problems.push(`server ${replica.index} goes on without a journal`));
    link.freeze();
    try {
      await waitUntil(
        async () => (await replica.metrics()).sum('tetcore_journal_batches') >= WAITING_BATCHES,
        { what: 'batches to wait in the journal', timeoutMs: NOTICE_MS, everyMs: 50 },
      ).catch(() => stage.problems.push(`server ${replica.index} has nothing in its new journal`));
      await replica.kill();
      // As when a volume is mounted again: both folders have what the other lacks, and the same.
      if (amount >= 0.75) await rename(moved, join(replica.journal, folder));
    } finally {
      link.mend();
    }
    await replica.start();
  });
  await rm(moved, { recursive: true, force: true });
}

async function foldersOf(replica: Replica): Promise<string[]> {
  return (await readdir(replica.journal)).filter((name) => name.includes('-'));
}

interface GoldenMessage {
  batchId: string;
  createdAt: number;
  logs: string;
}

async function goldenMessages(): Promise<GoldenMessage[]> {
  const description = join(GOLDEN, 'journal.json');
  const format = readFormat(description, await readFile(description, 'utf8'));
  const batches: Batch[] = [];
  for await (const part of RecordReader.read(join(GOLDEN, '00000001.journal'), format.marker)) {
    if ('payload' in part) batches.push(format.decode(part.payload));
  }
  const open = await readOpenBatch(openBatchPath(GOLDEN), format, () => undefined);
  if (open !== undefined) batches.push(open);
  return batches.flatMap(({ id, expiring, audit }) =>
    [expiring, audit]
      .flatMap(({ tuples }) => splitTuples(tuples).map(readTuple))
      .map(({ createdAt, logs }) => ({ batchId: id, createdAt, logs: logs.toString() })),
  );
}
