import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DirectoryInUseError, DirectoryLock, LockedFile, UnusableDirectoryError } from './index.js';

const run = promisify(execFile);
const onPosix = process.platform !== 'win32';
const asRoot = process.getuid?.() === 0;

/** A program that is not ours locks the file of its first argument, and lives until it is killed. */
const HOLD_LOCK = `
  const fd = require('node:fs').openSync(process.argv[1], 'a+');
  const range = process.platform === 'darwin' ? [] : [1024 ** 3, 1];
  console.log(require('fs-native-extensions').tryLock(fd, ...range) ? 'held' : 'refused');
  setInterval(() => {}, 1000);`;

describe('DirectoryLock', () => {
  let dir: string;
  let path: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'directory-lock-'));
    path = join(dir, 'lock');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
    await rm(dir, { recursive: true, force: true });
  });

  async function otherProcess(): Promise<{ child: ChildProcess; output: string }> {
    const child = spawn(process.execPath, ['-e', HOLD_LOCK, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    const [text] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    return { child, output: text.trim() };
  }

  const refusal = (): Promise<unknown> => DirectoryLock.acquire(dir).catch((error: unknown) => error);

  it('creates the directory, with the holder in the lock file', async () => {
    const lock = await DirectoryLock.acquire(join(dir, 'a', 'b'));
    expect(DirectoryLock.holder(join(dir, 'a', 'b'))).toMatchObject({ pid: process.pid, host: hostname() });
    lock.release();
    expect(DirectoryLock.holder(join(dir, 'a', 'b'))).toBeUndefined();
  });

  it('rejects a second lock with the holder and advice', async () => {
    const lock = await DirectoryLock.acquire(dir);
    const refused = await refusal();
    expect(refused).toBeInstanceOf(DirectoryInUseError);
    const { message } = refused as Error;
    for (const part of [dir, process.pid.toString(), hostname(), 'since 2', 'Stop that process']) {
      expect(message).toContain(part);
    }
    lock.release();
    (await DirectoryLock.acquire(dir)).release();
  });

  it('leaves one file, and a second release does not release the next lock', async () => {
    const first = await DirectoryLock.acquire(dir);
    first.release();
    const second = await DirectoryLock.acquire(dir);
    first.release();
    expect(await refusal()).toBeInstanceOf(DirectoryInUseError);
    expect(await readdir(dir)).toEqual(['lock']);
    second.release();
    expect(await readFile(path, 'utf8')).toBe('');
  });

  it('lasts while its process lives, and is free when that is killed', async () => {
    const { child, output } = await otherProcess();
    expect(output).toBe('held');
    expect(DirectoryLock.isHeld(dir)).toBe(true);
    expect(await refusal()).toBeInstanceOf(DirectoryInUseError);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(DirectoryLock.isHeld(dir)).toBe(false);
    (await DirectoryLock.acquire(dir)).release();
  });

  it('excludes other processes', async () => {
    const lock = await DirectoryLock.acquire(dir);
    expect((await otherProcess()).output).toBe('refused');
    lock.release();
  });

  it.runIf(onPosix)('respects a process that is frozen, however old its lock file looks', async () => {
    const { child } = await otherProcess();
    child.kill('SIGSTOP');
    // As by a clock that is a day behind, or after a day.
    const yesterday = new Date(Date.now() - 86_400_000);
    await utimes(path, yesterday, yesterday);
    expect(await refusal()).toBeInstanceOf(DirectoryInUseError);
    child.kill('SIGCONT');
    expect(await refusal()).toBeInstanceOf(DirectoryInUseError);
  });

  it('ignores the content and the owner of the file', async () => {
    const holder = { pid: process.ppid, host: hostname(), since: new Date().toISOString() };
    for (const text of [JSON.stringify(holder), '{"pid":', '']) {
      await writeFile(path, text);
      expect(DirectoryLock.isHeld(dir)).toBe(false);
      (await DirectoryLock.acquire(dir)).release();
    }
    const lock = await DirectoryLock.acquire(dir);
    await writeFile(path, 'nothing that can be read');
    expect(((await refusal()) as Error).message).toContain('another process has locked it');
    lock.release();
  });

  it.each(['removed', 'replaced', 'moved with its directory'])(
    'tells at once, and once, that its file was %s',
    async (how) => {
      const onLost = vi.fn();
      const home = join(dir, 'home');
      const lock = await DirectoryLock.acquire(home, { onLost });
      expect(lock.isOurs()).toBe(true);
      if (how === 'removed') await rm(join(home, 'lock'));
      else if (how === 'replaced') {
        await writeFile(join(dir, 'other'), '');
        await rename(join(dir, 'other'), join(home, 'lock'));
      } else await rename(home, join(dir, 'away'));
      expect(lock.isOurs()).toBe(false);
      await vi.waitFor(() => expect(onLost.mock.calls).toEqual([[home]]), { timeout: 2_000 });
      const next = await DirectoryLock.acquire(home);
      // What is there now is another's.
      lock.release({ removeFile: true });
      expect(next.isOurs()).toBe(true);
      next.release();
      expect(onLost).toHaveBeenCalledTimes(1);
    },
  );

  it('does not lock a file that was removed before', async () => {
    const first = await DirectoryLock.acquire(dir);
    const waiting = DirectoryLock.acquire(dir);
    first.release({ removeFile: true });
    const second = await waiting;
    expect(second.isOurs()).toBe(true);
    expect(await refusal()).toBeInstanceOf(DirectoryInUseError);
    second.release({ removeFile: true });
    expect(await readdir(dir)).toEqual([]);
  });

  it('retries for a process that checks the lock, and not for one that has it', async () => {
    const looking = LockedFile.take(path);
    const waiting = DirectoryLock.acquire(dir);
    looking?.close();
    (await waiting).release();
  });

  it('is acquired by exactly one of many processes', async () => {
    for (let round = 0; round < 20; round++) {
      const attempts = await Promise.allSettled(Array.from({ length: 8 }, () => DirectoryLock.acquire(dir)));
      const won = attempts.filter((attempt) => attempt.status === 'fulfilled');
      expect(won).toHaveLength(1);
      for (const { value } of won) value.release({ removeFile: round % 2 === 0 });
    }
  });

  it.runIf(onPosix)('is not handed to child processes, so that it ends with its holder', async () => {
    const lock = await DirectoryLock.acquire(dir);
    const child = spawn('sleep', ['60'], { stdio: 'ignore' });
    children.push(child);
    await once(child, 'spawn');
    lock.release();
    (await DirectoryLock.acquire(dir)).release();
  });

  it.runIf(onPosix)('lasts where its descriptor was handed down until that process is gone too', async () => {
    const file = LockedFile.take(path);
    const child = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', file?.fd] });
    children.push(child);
    await once(child, 'spawn');
    file?.close();
    expect(LockedFile.isHeld(path)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(LockedFile.isHeld(path)).toBe(false);
  });

  it('explains a path that is no directory', async () => {
    await writeFile(join(dir, 'file'), '');
    const refused = await DirectoryLock.acquire(join(dir, 'file')).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UnusableDirectoryError);
    expect((refused as Error).message).toMatch(/file cannot be used \(ENOTDIR.*a part of the path is a file/);
  });

  describe.runIf(asRoot && process.platform === 'linux')('as root', () => {
    it('explains a read-only file system, with and without the directory', async () => {
      await mkdir(join(dir, 'there'));
      await run('mount', ['--bind', dir, dir]);
      try {
        await run('mount', ['-o', 'remount,bind,ro', dir]);
        for (const name of ['there', 'missing', 'missing/below']) {
          const refused = await DirectoryLock.acquire(join(dir, name)).catch((error: unknown) => error);
          expect(refused).toMatchObject({ name: 'UnusableDirectoryError', code: 'EROFS' });
          expect((refused as Error).message).toContain('mount it for writing, or set DATA_DIR');
        }
      } finally {
        await run('umount', ['-l', dir]);
      }
    });

    it('gives its file to the owner of the directory', async () => {
      await run('chown', ['12345:12345', dir]);
      (await DirectoryLock.acquire(dir)).release();
      expect((await stat(path)).uid).toBe(12345);
    });
  });
});
