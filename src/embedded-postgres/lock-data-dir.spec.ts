import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockDataDir } from './lock-data-dir.js';

describe('lockDataDir', () => {
  let dir: string;
  let renewal: NodeJS.Timeout | undefined;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'lock-data-dir-'));
    const holder = { pid: 1, host: 'elsewhere', since: '2026-01-01T00:00:00.000Z', token: 'theirs' };
    await writeFile(join(dir, 'lock'), JSON.stringify(holder));
  });

  afterEach(async () => {
    clearInterval(renewal);
    await rm(dir, { recursive: true, force: true });
  });

  const seen = (secondsAgo: number) => {
    const time = new Date(Date.now() - secondsAgo * 1000);
    return utimes(join(dir, 'lock'), time, time);
  };

  it('waits for the lock of a container that was killed to expire', async () => {
    await seen(29.5);
    const warnings: string[] = [];
    const lock = await lockDataDir(dir, { warn: (line: string) => void warnings.push(line) });
    expect(warnings).toEqual([
      `Waiting to see whether ${dir} is still in use by a process on host elsewhere.`,
    ]);
    await lock.release();
  });

  it('refuses as soon as the other side shows that it lives', async () => {
    await seen(10);
    const lock = lockDataDir(dir, { warn: () => void (renewal = setInterval(() => void seen(0), 100)) });
    await expect(lock).rejects.toThrow('process 1 on host elsewhere');
  });
});
