import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { aBatch } from '../../../test/support/fakes/a-batch.js';
import { drainJournal } from '../../../test/support/drain-journal.js';
import type { Batch } from '../../telemetry/index.js';
import {
  Journal,
  JournalDamageError,
  type JournalMove,
  type JournalOptions,
  JournalWriteError,
} from './index.js';

const MIB = 1024 * 1024;
const onPosix = process.platform !== 'win32';

describe.runIf(onPosix)('a journal whose directory is removed or moved', () => {
  let folder: string;
  let directory: string;
  let moves: JournalMove[];
  const opened: Journal[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lost-journal-'));
    directory = join(folder, 'data', 'journal');
    moves = [];
  });

  afterEach(async () => {
    for (const journal of opened.splice(0)) await journal.close();
    await rm(folder, { recursive: true });
  });

  async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
    const journal = await Journal.open({
      directory,
      maxBytes: 64 * MIB,
      onDamage: () => undefined,
      onMove: (move) => moves.push(move),
      logger: { warn: () => undefined },
      ...options,
    });
    opened.push(journal);
    return journal;
  }

  /** What the next process would find if this one were killed now: a copy is not locked. */
  async function foundAfterKill(): Promise<Batch[]> {
    const copy = join(folder, `copy-${Math.random().toString(36).slice(2)}`);
    await promisify(execFile)('cp', ['-r', directory, copy]);
    const next = await open({ directory: copy });
    const found: Batch[] = [];
    for await (const abandoned of next.abandonedJournals()) {
      for await (const { batch, entry } of abandoned.batches()) {
        found.push(batch);
        abandoned.done(entry);
      }
    }
    return found;
  }

  const idsAfterKill = async (): Promise<string[]> => (await foundAfterKill()).map(({ id }) => id);

  it.each([
    ['is removed', () => rm(directory, { recursive: true })],
    ['is removed with all of DATA_DIR', () => rm(join(folder, 'data'), { recursive: true })],
    ['is moved away', () => rename(directory, join(folder, 'away'))],
    [
      'is replaced by an empty one',
      () => rename(directory, join(folder, 'away')).then(() => mkdir(directory)),
    ],
    ['loses its lock file', (path: string) => rm(join(path, 'lock'))],
    [
      'has another lock file',
      (path: string) => rm(join(path, 'lock')).then(() => writeFile(join(path, 'lock'), '')),
    ],
    ['loses the description of its format', (path: string) => rm(join(path, 'journal.json'))],
    ['loses the file that is written to', (path: string) => rm(join(path, '00000001.journal'))],
  ])('creates another one before append returns, when it %s', async (_, lose) => {
    const journal = await open();
    const before = journal.append(aBatch('before'));
    expect(journal.holds(before)).toBe(true);
    const { path } = journal;
    await lose(path);
    const after = journal.append(aBatch('after'));
    // The lower one of the ids that were there.
    expect(moves).toEqual([{ from: path, to: journal.path, oldestId: 'after' }]);
    expect(journal.path).not.toBe(path);
    expect([journal.holds(before), journal.holds(after)]).toEqual([false, true]);
    expect((await journal.read(after)).id).toBe('after');
    await expect(journal.read(before)).rejects.toThrow(JournalDamageError);
    journal.append(aBatch('later'));
    expect(moves).toHaveLength(1);
    expect(await idsAfterKill()).toEqual(expect.arrayContaining(['after', 'later']));
    expect(journal.entries).toBe(2);
    journal.done(before);
    expect(journal.entries).toBe(2);
  });

  it('appends batches in memory again before the next batch', async () => {
    const again = ['1', '2'].map((id) => aBatch(id));
    const journal = await open({ onMove: () => again.forEach((batch) => journal.append(batch)) });
    for (const batch of again) journal.append(batch);
    await rm(directory, { recursive: true });
    journal.append(aBatch('3'));
    expect(await idsAfterKill()).toEqual(['1', '2', '3']);
  });

  it('rejects a part, so that the complete open batch is appended as one part', async () => {
    const journal = await open();
    journal.appendPart(aBatch('open', 3));
    const { path } = journal;
    await rm(join(path, 'open-batch'));
    expect(() => journal.appendPart(aBatch('open', 4))).toThrow(JournalWriteError);
    expect(moves).toHaveLength(1);
    journal.appendPart(aBatch('open', 7));
    const [batch, ...rest] = await foundAfterKill();
    expect([batch?.id, batch?.expiring.tuples.length, rest]).toEqual(['open', 7, []]);
  });

  it('detects it without a write, for each of its files', async () => {
    const journal = await open({ segmentBytes: 200 });
    journal.check();
    expect(moves).toEqual([]);
    for (let count = 0; count < 5; count++) journal.append(aBatch(`batch ${count.toString()}`, 150));
    // One that was closed long ago.
    await rm(join(journal.path, '00000002.journal'));
    journal.check();
    expect(moves).toHaveLength(1);
    await rm(join(directory, '..'), { recursive: true });
    journal.check();
    expect(moves).toHaveLength(2);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('rejects batches while no other directory can be created, and continues afterwards', async () => {
    const journal = await open();
    const before = journal.append(aBatch('before'));
    await rm(directory, { recursive: true });
    await writeFile(directory, 'in the way');
    for (let count = 0; count < 3; count++) {
      expect(() => journal.append(aBatch('refused'))).toThrow(JournalWriteError);
    }
    expect(() => journal.check()).toThrow(/cannot be stored in .*a part of the path is a file; remove it/);
    expect(journal.holds(before)).toBe(false);
    expect(moves).toEqual([]);
    await rm(directory);
    const after = journal.append(aBatch('after'));
    expect(journal.holds(after)).toBe(true);
    expect(await idsAfterKill()).toEqual(['after']);
    expect(journal.entries).toBe(1);
  });

  it.each([
    ['by a check', (journal: Journal) => journal.check()],
    ['by a write', (journal: Journal) => void journal.append(aBatch('later'))],
  ])('uses it again if it is put back before there is another one: found %s', async (_, find) => {
    const journal = await open();
    const before = journal.append(aBatch('before'));
    const { path } = journal;
    await rename(directory, join(folder, 'away'));
    await writeFile(directory, 'in the way');
    expect(() => journal.check()).toThrow();
    expect(journal.holds(before)).toBe(false);
    await rm(directory);
    await rename(join(folder, 'away'), directory);
    find(journal);
    expect([journal.holds(before), journal.path, moves]).toEqual([true, path, []]);
    expect((await journal.read(before)).id).toBe('before');
    await rm(directory, { recursive: true });
    journal.check();
    expect(moves).toHaveLength(1);
  });

  it('takes over the former one if it is restored', async () => {
    const journal = await open();
    const { path } = journal;
    journal.append(aBatch('before'));
    await rename(path, join(folder, 'away'));
    journal.check();
    await rename(join(folder, 'away'), path);
    expect((await drainJournal(journal)).map(({ id }) => id)).toEqual(['before']);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it('closes without an error if it is lost during close', async () => {
    const journal = await open();
    journal.append(aBatch('before'));
    await rm(directory, { recursive: true });
    await journal.close();
  });
});
