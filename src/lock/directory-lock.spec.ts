import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectoryInUseError, DirectoryLock } from './index.js';
import { LOCK_RENEWAL_MS, REMOTE_LOCK_EXPIRY_MS, thisProcess, type LockHolder } from './lock-holder.js';

const onLinux = process.platform === 'linux';

describe('DirectoryLock', () => {
  let dir: string;
  const sleepers: ChildProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'directory-lock-'));
  });

  afterEach(async () => {
    for (const sleeper of sleepers.splice(0)) sleeper.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  async function leaveLock(holder: Partial<LockHolder>): Promise<void> {
    await writeFile(join(dir, 'lock'), JSON.stringify({ ...thisProcess(), ...holder }));
  }

  /** Another process that lives, with its start time. */
  async function livingProcess(): Promise<{ pid: number; processStart: string | null; child: ChildProcess }> {
    const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    sleepers.push(child);
    await once(child.stdout, 'data');
    const pid = child.pid ?? 0;
    const stat = onLinux ? await readFile(`/proc/${pid.toString()}/stat`, 'utf8') : undefined;
    return { pid, processStart: stat?.split(' ')[21] ?? null, child };
  }

  it('creates the directory and says who holds it', async () => {
    const lock = await DirectoryLock.acquire(join(dir, 'a', 'b'));
    expect(await DirectoryLock.holder(join(dir, 'a', 'b'))).toMatchObject({
      pid: process.pid,
      host: hostname(),
    });
    await lock.release();
    expect(await DirectoryLock.holder(join(dir, 'a', 'b'))).toBeUndefined();
  });

  it('refuses a second holder, naming the first and what to do', async () => {
    const lock = await DirectoryLock.acquire(dir);
    const refusal = await DirectoryLock.acquire(dir).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(DirectoryInUseError);
    const { message } = refusal as Error;
    for (const part of [lock.directory, process.pid.toString(), hostname(), 'since 2', 'Stop that process']) {
      expect(message).toContain(part);
    }
    await lock.release();
    await (await DirectoryLock.acquire(dir)).release();
  });

  it('leaves nothing behind, and a second release does not take the next lock away', async () => {
    const first = await DirectoryLock.acquire(dir);
    await first.release();
    const second = await DirectoryLock.acquire(dir);
    await first.release();
    expect(await readdir(dir)).toEqual(['lock']);
    await second.release();
    expect(await readdir(dir)).toEqual([]);
  });

  it('respects a process that lives and replaces its lock as soon as it was killed', async () => {
    const { pid, processStart, child } = await livingProcess();
    await leaveLock({ pid, processStart });
    await expect(DirectoryLock.acquire(dir)).rejects.toThrow(DirectoryInUseError);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await (await DirectoryLock.acquire(dir)).release();
  });

  it.runIf(onLinux)('replaces the lock of a process whose pid now belongs to another', async () => {
    const { pid } = await livingProcess();
    await leaveLock({ pid, processStart: '1' });
    await (await DirectoryLock.acquire(dir)).release();
  });

  it('replaces a lock of its own pid that it does not hold, where start times are unknown', async () => {
    await leaveLock({ processStart: null, token: 'of an earlier process' });
    await (await DirectoryLock.acquire(dir)).release();
  });

  it.each([
    ['on another machine', { host: 'elsewhere' }],
    ['of another boot, be it of a machine with the same name,', { bootId: 'another-boot' }],
    ['in another container of this machine', { pidNamespace: 'pid:[1]' }],
  ])('counts a holder %s as alive until it has not renewed its lock for half a minute', async (_, holder) => {
    await leaveLock(holder);
    await expect(DirectoryLock.acquire(dir)).rejects.toThrow('last sign of life');
    const longAgo = new Date(Date.now() - REMOTE_LOCK_EXPIRY_MS - 1000);
    await utimes(join(dir, 'lock'), longAgo, longAgo);
    await (await DirectoryLock.acquire(dir)).release();
  });

  it.each(['taken by another', 'removed'])(
    'tells once that it was %s, and renews it no more',
    async (how) => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
      try {
        const lost: string[] = [];
        const lock = await DirectoryLock.acquire(dir, { onLost: (directory) => lost.push(directory) });
        const path = join(dir, 'lock');
        await utimes(path, 0, 0);
        vi.advanceTimersByTime(LOCK_RENEWAL_MS);
        await vi.waitFor(async () => expect((await stat(path)).mtimeMs).toBeGreaterThan(0));
        if (how === 'removed') await rm(path);
        else await leaveLock({ host: 'elsewhere', token: 'of another' });
        await utimes(path, 0, 0).catch(() => undefined);
        vi.advanceTimersByTime(LOCK_RENEWAL_MS);
        await vi.waitFor(() => expect(lost).toEqual([lock.directory]));
        expect(vi.getTimerCount()).toBe(0);
        await lock.release();
        if (how !== 'removed') expect((await stat(path)).mtimeMs).toBe(0);
      } finally {
        vi.useRealTimers();
      }
    },
  );

  it('renews well within that half minute', () => {
    expect(LOCK_RENEWAL_MS * 3).toBeLessThan(REMOTE_LOCK_EXPIRY_MS);
  });

  it('replaces a lock whose takeover was itself cut short', async () => {
    await leaveLock({ processStart: null, pid: 2 ** 22 + 1 });
    const left = await readFile(join(dir, 'lock'), 'utf8');
    const first = await DirectoryLock.acquire(dir);
    await first.release();
    const guard = `lock.${createHash('sha256').update(left).digest('hex').slice(0, 16)}`;
    await writeFile(join(dir, 'lock'), left);
    await writeFile(join(dir, guard), left);
    const second = await DirectoryLock.acquire(dir);
    expect(await readdir(dir)).toEqual(['lock']);
    await second.release();
  });

  it('tidies up after processes that were killed while they took it', async () => {
    await writeFile(join(dir, 'lock.abandoned'), '');
    await utimes(join(dir, 'lock.abandoned'), 0, 0);
    await writeFile(join(dir, 'lock.under-way'), '');
    const lock = await DirectoryLock.acquire(dir);
    expect((await readdir(dir)).sort()).toEqual(['lock', 'lock.under-way']);
    await lock.release();
  });

  it('goes to exactly one of many that find it left behind', async () => {
    for (let round = 0; round < 20; round++) {
      await leaveLock({ processStart: null, pid: 2 ** 22 + 1 });
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => DirectoryLock.acquire(dir)));
      const won = attempts.filter((attempt) => attempt.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const { value } of won) await value.release();
      expect(await readdir(dir)).toEqual([]);
    }
  });
});
