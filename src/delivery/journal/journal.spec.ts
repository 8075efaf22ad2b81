import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TEST_COLLECTOR } from '../../../test/support/batches.js';
import { drainJournal } from '../../../test/support/drain-journal.js';
import type { Batch } from '../../telemetry/index.js';
import {
  Journal,
  JournalClosedError,
  type JournalDamage,
  JournalDamageError,
  JournalFullError,
  type JournalOptions,
  JournalUnavailableError,
  JournalWriteError,
} from './index.js';

const MIB = 1024 * 1024;

/** Its rows are no tuples, which no journal looks into. */
function aBatch(id: string, size = 100): Batch {
  const tuples = Buffer.alloc(size, `${id}\n`);
  return {
    id,
    collector: TEST_COLLECTOR,
    firstReceivedAt: 1_764_000_000_000,
    sealedAt: 1_764_000_000_100,
    expiring: { rows: 1, tuples, oldest: 1, newest: 2 },
    audit: { rows: 0, tuples: Buffer.alloc(0), oldest: 0, newest: 0 },
    connections: [],
    rejected: [],
  };
}

/** Comparing large buffers is slow in `toEqual`. */
function expectSame(found: Batch, expected: Batch): void {
  expect(found.expiring.tuples.equals(expected.expiring.tuples)).toBe(true);
  expect({ ...found, expiring: found.expiring.rows }).toEqual({
    ...expected,
    expiring: expected.expiring.rows,
  });
}

describe('the journal', () => {
  let folder: string;
  let directory: string;
  let damage: JournalDamage[];
  const opened: Journal[] = [];

  async function open(options: Partial<JournalOptions> = {}): Promise<Journal> {
    const logger = { warn: () => undefined };
    const onDamage = (part: JournalDamage) => damage.push(part);
    const journal = await Journal.open({ directory, maxBytes: 64 * MIB, onDamage, logger, ...options });
    opened.push(journal);
    return journal;
  }

  const segmentsOf = async (journal: Journal) =>
    (await readdir(journal.path)).filter((name) => name.endsWith('.journal')).sort();
  const bytesOf = async (journal: Journal) => {
    const sizes = (await segmentsOf(journal)).map(
      async (name) => (await stat(join(journal.path, name))).size,
    );
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
    directory = join(folder, 'data', 'journal');
    damage = [];
  });

  afterEach(async () => {
    for (const journal of opened.splice(0)) await journal.close();
    await rm(folder, { recursive: true });
  });

  it('returns the lowest id on disk, for any order of batches', async () => {
    const journal = await open();
    expect(journal.oldestId).toBeUndefined();
    for (const id of ['c', 'a', 'b']) journal.append(aBatch(id));
    expect(journal.oldestId).toBe('a');
  });

  it('reads a batch as it was appended, any number of times', async () => {
    const journal = await open();
    const first = journal.append(aBatch('first'));
    const second = journal.append(aBatch('second', 500_000));
    expectSame(await journal.read(second), aBatch('second', 500_000));
    expect(await journal.read(first)).toEqual(aBatch('first'));
    expect(await journal.read(first)).toEqual(aBatch('first'));
  });

  it('appends the same batch again, with empty blocks', async () => {
    const journal = await open();
    const batch = aBatch('again');
    for (let time = 0; time < 5; time++) {
      expect(await journal.read(journal.append(batch))).toEqual(batch);
    }
  });

  it('counts unstored batches and their size on disk', async () => {
    const journal = await open();
    expect(journal).toMatchObject({ entries: 0, bytes: 0, takenOverBytes: 0, maxBytes: 64 * MIB });
    const entries = ['a', 'b', 'c'].map((id) => journal.append(aBatch(id)));
    expect(journal.entries).toBe(3);
    expect(journal.bytes).toBe(entries.reduce((sum, { length }) => sum + length, 0));
    expect(journal.bytes).toBe(await bytesOf(journal));
    for (const entry of [...entries, ...entries]) journal.done(entry);
    expect(journal.entries).toBe(0);
  });

  it('creates files that other users cannot read', async () => {
    const journal = await open();
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(journal.path)).mode & 0o777).toBe(0o700);
    for (const name of [...(await segmentsOf(journal)), 'journal.json']) {
      expect((await stat(join(journal.path, name))).mode & 0o777).toBe(0o600);
    }
  });

  it('removes a segment when all of its batches are stored', async () => {
    const journal = await open({ segmentBytes: 1000 });
    const entries = Array.from({ length: 20 }, (_, index) => journal.append(aBatch(`batch ${index}`)));
    const before = await segmentsOf(journal);
    expect(before.length).toBeGreaterThan(5);

    const ofFirst = entries.filter(({ segment }) => segment === 1);
    for (const entry of ofFirst.slice(1)) journal.done(entry);
    expect(await segmentsOf(journal)).toEqual(before);
    for (const entry of ofFirst) journal.done(entry);
    expect(await segmentsOf(journal)).toEqual(before.slice(1));

    for (const entry of entries) journal.done(entry);
    expect(await segmentsOf(journal)).toEqual(before.slice(-1));
    expect(journal.bytes).toBe(await bytesOf(journal));
  });

  it('begins a new segment when the current one is large and all of its batches are stored', async () => {
    const journal = await open();
    const entries = [journal.append(aBatch('a', MIB)), journal.append(aBatch('b', MIB))];
    for (const entry of entries) journal.done(entry);
    expect(journal.bytes).toBe(0);
    expect(await segmentsOf(journal)).toEqual([]);
    const entry = journal.append(aBatch('c'));
    expect(await journal.read(entry)).toEqual(aBatch('c'));
    for (const old of entries) journal.done(old);
    expect(journal.entries).toBe(1);
  });

  it('throws JournalFullError at its limit, until there is space', async () => {
    const journal = await open({ maxBytes: 2 * MIB });
    const first = journal.append(aBatch('first', MIB));
    expect(journal.hasRoomFor(MIB)).toBe(false);
    expect(() => journal.append(aBatch('second', MIB))).toThrow(JournalFullError);
    expect(journal).toMatchObject({ entries: 1, bytes: first.length });
    journal.done(first);
    expect(journal.hasRoomFor(MIB)).toBe(true);
    journal.append(aBatch('second', MIB));
    expect(journal.entries).toBe(1);
  });

  it('does not count segments that it can remove against its limit', async () => {
    const journal = await open({ maxBytes: 2000 });
    for (let round = 0; round < 10; round++) {
      expect(journal.hasRoomFor(1500)).toBe(true);
      journal.done(journal.append(aBatch('one after another', 1300)));
      expect(await bytesOf(journal)).toBeLessThanOrEqual(2000);
    }
  });

  it('exceeds its limit with beyondBound', async () => {
    const journal = await open({ maxBytes: MIB });
    const entry = journal.append(aBatch('last', 2 * MIB), { beyondBound: true });
    expectSame(await journal.read(entry), aBatch('last', 2 * MIB));
    expect(journal.hasRoomFor(0)).toBe(false);
  });

  it('reports a damaged batch, and reads the others', async () => {
    const journal = await open();
    const entries = ['a', 'b', 'c'].map((id) => journal.append(aBatch(id)));
    const [a, b, c] = entries;
    expect.assert(a && b && c);
    const [name] = await segmentsOf(journal);
    const file = join(journal.path, String(name));
    const content = await readFile(file);
    content.writeUInt8(content.readUInt8(b.offset + 50) ^ 1, b.offset + 50);
    await writeFile(file, content);

    await expect(journal.read(b)).rejects.toThrow(JournalDamageError);
    expect(damage).toMatchObject([{ file, offset: b.offset, bytes: b.length }]);
    expect((await journal.read(a)).id).toBe('a');
    expect((await journal.read(c)).id).toBe('c');
    for (const entry of entries) journal.done(entry);
    expect(journal.entries).toBe(0);
  });

  it('removes its directory if all batches are stored', async () => {
    const journal = await open();
    journal.done(journal.append(aBatch('stored')));
    await journal.close();
    await journal.close();
    expect(await readdir(directory)).toEqual([]);
    expect(() => journal.append(aBatch('late'))).toThrow(JournalClosedError);
  });

  it('leaves unstored batches to the next process', async () => {
    const first = await open({ segmentBytes: 1000 });
    const entries = Array.from({ length: 9 }, (_, index) => first.append(aBatch(`batch ${index}`)));
    for (const entry of entries.slice(0, 4)) first.done(entry);
    await first.close();

    const second = await open();
    const found: string[] = [];
    for await (const abandoned of second.abandonedJournals()) {
      expect(second.bytes).toBe(abandoned.bytes);
      for await (const { entry, batch } of abandoned.batches()) {
        found.push(batch.id);
        expect(batch).toEqual(aBatch(batch.id));
        abandoned.done(entry);
      }
      await abandoned.release();
    }
    // Those done before may be in a file with others.
    expect(found.slice(-5)).toEqual([4, 5, 6, 7, 8].map((index) => `batch ${index}`));
    expect(second.bytes).toBe(0);
    expect(await readdir(directory)).toHaveLength(1);
  });

  it.each([
    ['a file is in the way', async () => writeFile(directory, '')],
    [
      'a file is above it',
      async () =>
        rm(join(folder, 'data'), { recursive: true }).then(() => writeFile(join(folder, 'data'), '')),
    ],
  ])('says what to do when %s', async (_, prepare) => {
    await mkdir(join(folder, 'data'));
    await prepare();
    const error: unknown = await open().catch((reason: unknown) => reason);
    expect.assert(error instanceof JournalUnavailableError);
    expect(error.message).toMatch(/ENOTDIR|EEXIST/);
    expect(error.message).toContain(directory);
    expect(error.message).toContain('DATA_DIR');
  });

  it.skipIf(process.getuid?.() === 0)('says what to do when it may not write there', async () => {
    await mkdir(directory, { recursive: true });
    await chmod(directory, 0o500);
    await expect(open()).rejects.toThrow(/EACCES.*give the server write permission/);
    await chmod(directory, 0o700);
  });
});

/** Whether this machine lets us make a small file system, with files that can only grow. */
function mountable(): boolean {
  const script = 'mount -t tmpfs -o size=1m tmpfs "$0" && touch "$0/file" && chattr +a "$0/file"';
  try {
    execFileSync('unshare', ['--mount', 'sh', '-c', script, tmpdir()], { stdio: 'ignore' });
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}

describe.skipIf(!mountable())('the journal on a disk of 1 MiB', () => {
  let disk: string;
  let damage: JournalDamage[];

  const open = () =>
    Journal.open({
      directory: join(disk, 'journal'),
      maxBytes: 64 * MIB,
      onDamage: (part) => damage.push(part),
      logger: { warn: () => undefined },
    });

  async function appendTo(journal: Journal, batch: Batch): Promise<unknown> {
    try {
      return await Promise.resolve(journal.append(batch));
    } catch (error) {
      return error;
    }
  }

  const drain = async (journal: Journal): Promise<string[]> =>
    (await drainJournal(journal)).map(({ id }) => id);

  beforeEach(async () => {
    damage = [];
    disk = await mkdtemp(join(tmpdir(), 'small-disk-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  });

  afterEach(async () => {
    execFileSync('umount', [disk]);
    await rm(disk, { recursive: true });
  });

  it('throws JournalWriteError on a full disk, and continues when there is space', async () => {
    const journal = await open();
    const kept = journal.append(aBatch('kept', 300_000));
    await writeFile(join(disk, 'other'), Buffer.alloc(400_000));

    const error = await appendTo(journal, aBatch('refused', 600_000));
    expect(error).toBeInstanceOf(JournalWriteError);
    expect(error).toMatchObject({ code: 'ENOSPC' });
    expect(journal).toMatchObject({ entries: 1, bytes: kept.length });
    expect((await stat(join(journal.path, '00000001.journal'))).size).toBe(kept.length);

    await rm(join(disk, 'other'));
    const next = journal.append(aBatch('next', 500_000));
    expect((await journal.read(kept)).id).toBe('kept');
    expect((await journal.read(next)).id).toBe('next');
    await journal.close();

    const successor = await open();
    expect(await drain(successor)).toEqual(['kept', 'next']);
    await successor.close();
    expect(damage).toEqual([]);
  });

  it('removes stored batches when the disk is full', async () => {
    const journal = await open();
    journal.done(journal.append(aBatch('stored', 500_000)));
    expect(await appendTo(journal, aBatch('refused', 700_000))).toBeInstanceOf(JournalWriteError);
    expect(journal.bytes).toBe(0);
    journal.append(aBatch('the same again', 700_000));
    await journal.close();
  });

  it('continues in another segment if a partial write cannot be truncated', async () => {
    const journal = await open();
    const kept = journal.append(aBatch('kept', 200_000));
    const file = join(journal.path, '00000001.journal');
    execFileSync('chattr', ['+a', file]);
    await writeFile(join(disk, 'other'), Buffer.alloc(400_000));
    expect(await appendTo(journal, aBatch('refused', 600_000))).toBeInstanceOf(JournalWriteError);
    const { size } = await stat(file);
    expect(size).toBeGreaterThan(kept.length);
    expect(journal).toMatchObject({ entries: 1, bytes: size });

    await rm(join(disk, 'other'));
    const next = journal.append(aBatch('next'));
    expect(next.segment).toBe(2);
    expect((await journal.read(kept)).id).toBe('kept');
    execFileSync('chattr', ['-a', file]);
    await journal.close();

    const successor = await open();
    expect(await drain(successor)).toEqual(['kept', 'next']);
    await successor.close();
    expect(damage).toMatchObject([{ offset: kept.length, bytes: size - kept.length }]);
  });

  it('says what to do if it cannot be created', async () => {
    for (let filled = 0; filled < 300; filled++) {
      await writeFile(join(disk, `file-${filled}`), Buffer.alloc(4096)).catch(() => undefined);
    }
    await expect(open()).rejects.toThrow(/ENOSPC.*free space/);
  });
});
