import { rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { NO_UNSTORED_BATCHES, MIN_BATCH_ID } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';
import { FakeNode } from '../support/fake-node.js';
import { freePort } from '../support/free-port.js';
import { ServerProcess } from '../support/server-process.js';
import { tempDir } from '../support/temp-dir.js';
import { waitUntil } from '../support/wait-until.js';

/** A process says every 15 s what it holds. */
const WAIT = { timeoutMs: 40_000 };

/** From which batch on each process holds its own, the oldest process first. */
const held = async (database: TestDatabase): Promise<string[]> =>
  (
    await database.query<{ from: string }>(
      'SELECT holds_from AS "from" FROM collectors ORDER BY started_at, number',
    )
  ).map(({ from }) => from);

const stored = async (database: TestDatabase): Promise<number> =>
  (await database.query("SELECT FROM tetcore_logs WHERE msg = 'test.held'")).length;

it('holds_from is correct while a process runs, after it stopped, and after it was killed', async () => {
  await using database = await TestDatabase.create();
  const dataDir = await tempDir('held');
  const environment = { DATABASE_URL: database.url, DATA_DIR: dataDir, JOURNAL_MODE: 'always' };
  const start = async (): Promise<ServerProcess> => ServerProcess.ready(await freePort(), environment);
  const send = async (server: ServerProcess): Promise<void> => {
    const before = await stored(database);
    const node = await FakeNode.connect(server.ws);
    await node.sendV1({ msg: 'test.held' });
    await waitUntil(async () => (await stored(database)) > before, { what: 'the message' });
    await node.close();
  };

  /** As after a minute: until then a process that was killed may be there. */
  const seenLongAgo = (): Promise<unknown> =>
    database.query("UPDATE collectors SET last_seen_at = last_seen_at - interval '2 min'");

  await using first = await start();
  expect(await held(database)).toEqual([MIN_BATCH_ID]);
  await send(first);
  await waitUntil(async () => (await held(database))[0] !== MIN_BATCH_ID, { what: 'its row', ...WAIT });
  const [from = ''] = await held(database);
  const ids = await database.query<{ id: string }>(
    'SELECT id FROM ingest_batches WHERE id NOT IN (SELECT id FROM collectors) ORDER BY id',
  );
  // Its batches lie in the segment that it writes, also those that are stored.
  expect(from).toBe(ids[0]?.id);
  await first.end('SIGTERM');
  expect(await held(database)).toEqual([NO_UNSTORED_BATCHES]);

  await using second = await start();
  await send(second);
  await second.end('SIGKILL');
  await seenLongAgo();
  expect((await held(database))[1]).not.toBe(NO_UNSTORED_BATCHES);
  await using third = await start();
  await waitUntil(async () => (await held(database))[1] === NO_UNSTORED_BATCHES, {
    what: 'its journal',
    ...WAIT,
  });
  expect(await stored(database)).toBe(2);

  // One that is killed before a message came leaves a journal, too.
  await third.end('SIGKILL');
  await seenLongAgo();
  await using fourth = await start();
  await waitUntil(async () => (await held(database))[2] === NO_UNSTORED_BATCHES, {
    what: 'its journal',
    ...WAIT,
  });
  expect(fourth.log).not.toContain('is left alone');
  await rm(dataDir, { recursive: true, force: true });
}, 180_000);
