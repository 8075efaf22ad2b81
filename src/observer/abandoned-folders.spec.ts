import { Logger } from '@nestjs/common';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { DatabaseClock, SystemClock } from '../storage/index.js';
import { AbandonedFolders, recoverGaps } from './abandoned-folders.js';
import { type GapRecord, newGap } from './gaps.js';
import { ObserverFolder } from './observer-folder.js';

// What it says of its work would drown what a test says.
Logger.overrideLogger(false);

const collector = { id: uuidv7(), number: 7 };
const record = (given: Partial<GapRecord> = {}): GapRecord => ({
  id: uuidv7(),
  collector,
  cause: 'paused',
  began_ms: 1_000,
  ended_ms: null,
  ...given,
});

describe('the folder of a process', () => {
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'observer-'));
  });

  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  const heartbeat = (databaseMs: number) => ({ collector, stopped: false, databaseMs, measured: true });

  it('is not taken over while its process runs, and once afterwards, with its last heartbeat and its gaps', async () => {
    const left = new AbandonedFolders(root);
    const folder = await ObserverFolder.create(root, collector.id, () => undefined);
    folder.writeHeartbeat(heartbeat(123_456_789));
    folder.writeHeartbeat(heartbeat(500));
    folder.saveGaps([record()]);
    const kept = [record(), record({ ended_ms: 2_000 })];
    folder.saveGaps(kept);
    expect(await left.ids()).toEqual([]);
    expect(await left.takeOver(collector.id)).toBeUndefined();
    await folder.release();
    expect(await left.ids()).toEqual([collector.id]);
    const taken = await left.takeOver(collector.id);
    expect(taken).toMatchObject({ heartbeat: heartbeat(500), gaps: kept });
    expect(await new AbandonedFolders(root).takeOver(collector.id)).toBeUndefined();
    await taken?.remove();
    expect(await readdir(root)).toEqual([]);
  });

  it('is removed if its process never accepted nodes', async () => {
    await (await ObserverFolder.create(root, collector.id, () => undefined)).release();
    expect(await readdir(root)).toEqual([]);
    await mkdir(join(root, collector.id));
    expect(await new AbandonedFolders(root).takeOver(collector.id)).toBeUndefined();
    expect(await readdir(root)).toEqual([]);
  });

  it.each(['', '\0'.repeat(256), '{"version":2}', '[1]'])(
    'is skipped with the heartbeat %j, and not read again',
    async (text) => {
      const path = join(root, collector.id);
      await mkdir(path);
      await writeFile(join(path, 'heartbeat.json'), text);
      const left = new AbandonedFolders(root);
      expect(await left.takeOver(collector.id)).toBeUndefined();
      expect(await left.ids()).toEqual([]);
      expect(await readFile(join(path, 'heartbeat.json'), 'utf8')).toBe(text);
      expect(await readdir(path)).toEqual(['heartbeat.json', 'lock']);
    },
  );

  it('is taken over although an older one cannot be, which is logged once', async () => {
    const warn = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    // A directory in place of the file: it cannot be read.
    await mkdir(join(root, uuidv7({ msecs: 1 }), 'heartbeat.json'), { recursive: true });
    const folder = await ObserverFolder.create(root, collector.id, () => undefined);
    folder.writeHeartbeat(heartbeat(500));
    await folder.release();
    const left = new AbandonedFolders(root);
    const [taken, ...others] = await left.takeOverAll();
    expect([taken?.heartbeat, others]).toEqual([heartbeat(500), []]);
    expect(await left.takeOverAll()).toEqual([]);
    expect(warn).toHaveBeenCalledOnce();
    expect(warn).toHaveBeenCalledWith(
      expect.stringContaining('cannot be read for now and will be retried: EISDIR'),
    );
    vi.restoreAllMocks();
    taken?.release();
  });

  it.runIf(process.platform !== 'win32')('is left empty if it cannot be removed', async () => {
    const elsewhere = join(root, 'elsewhere');
    await mkdir(elsewhere);
    // Its target can be removed only by the name of the target.
    await symlink(elsewhere, join(root, collector.id));
    expect(await new AbandonedFolders(root).takeOver(collector.id)).toBeUndefined();
    expect(await readdir(elsewhere)).toEqual([]);
  });

  it('returns the gaps that can be read', async () => {
    const folder = await ObserverFolder.create(root, collector.id, () => undefined);
    folder.writeHeartbeat(heartbeat(500));
    await folder.release();
    const good = record();
    const bad = [{ ...good, cause: 'x' }, { ...good, id: '1' }, { ...good, began_ms: 'soon' }, null];
    await writeFile(join(root, collector.id, 'gaps.json'), JSON.stringify([...bad, good]));
    const taken = await new AbandonedFolders(root).takeOver(collector.id);
    expect(taken?.gaps).toEqual([good]);
    await taken?.remove();
  });
});

describe('the gaps of an ended process', () => {
  const local = new SystemClock();
  const clock = new DatabaseClock(local);
  const now = local.monotonicMs();
  clock.add(now, now, 1_000_000);
  const acceptingSince = { monotonicMs: now };
  const afterwards = { acceptingSince, wasGone: false };
  const other = uuidv7();

  it('are the gap down and its unstored gaps, of which its own end with its last heartbeat', () => {
    const gaps = [
      record({ began_ms: 800_000 }),
      record({ began_ms: 700_000, ended_ms: 750_000 }),
      record({ cause: 'down', collector: { id: other, number: 3 } }),
    ];
    const left = { heartbeat: { collector, stopped: false, databaseMs: 900_000, measured: true }, gaps };
    const found = recoverGaps(left, afterwards, clock);
    expect(found.isOver).toBe(true);
    expect(found.gaps.map(({ cause, began, ended }) => ({ cause, began, ended }))).toEqual([
      { cause: 'paused', began: { databaseMs: 800_000 }, ended: { databaseMs: 900_000 } },
      { cause: 'paused', began: { databaseMs: 700_000 }, ended: { databaseMs: 750_000 } },
      { cause: 'down', began: { databaseMs: 1_000 }, ended: undefined },
      { cause: 'down', began: { databaseMs: 900_000 }, ended: acceptingSince },
    ]);
    expect(found.gaps.at(-1)?.id).toBe(newGap(collector, 'down', { databaseMs: 0 }).id);
  });

  it('have no end if it ended after this process had started', () => {
    const left = {
      heartbeat: { collector, stopped: true, databaseMs: 1_200_000, measured: true },
      gaps: [record()],
    };
    expect(recoverGaps(left, afterwards, clock)).toMatchObject({
      isOver: false,
      gaps: [{ cause: 'down', began: { databaseMs: 1_200_000 }, ended: undefined }],
    });
  });

  it.each([
    [false, 999_500, false],
    [false, 999_000, true],
    [true, 999_500, true],
  ])('are over only if that is certain: stopped %s, alive until %i', (stopped, databaseMs, isOver) => {
    const left = { heartbeat: { collector, stopped, databaseMs, measured: true }, gaps: [] };
    expect(recoverGaps(left, afterwards, clock).isOver).toBe(isOver);
    expect(recoverGaps(left, { acceptingSince, wasGone: true }, clock).isOver).toBe(true);
  });

  it("begin by the corrected local clock, if it never measured the database's clock", () => {
    const ahead = local.wallMs() - clock.databaseTimeOf();
    const left = {
      heartbeat: { collector, stopped: false, databaseMs: ahead + 900_000, measured: false },
      gaps: [],
    };
    const [down] = recoverGaps(left, afterwards, clock).gaps;
    expect((down?.began as { databaseMs: number }).databaseMs).toBeCloseTo(900_000, -2);
  });
});
