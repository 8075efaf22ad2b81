import { mkdtempSync, openSync, rmSync, closeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tryKernelLock } from './kernel-lock.js';
import { LockUnavailableError } from './lock.errors.js';

const binding = createRequire(import.meta.url)('fs-native-extensions') as { tryLock: () => boolean };

describe('tryKernelLock', () => {
  let dir: string;
  let path: string;
  let fd: number;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'kernel-lock-'));
    path = join(dir, 'lock');
    fd = openSync(path, 'a+');
  });

  afterEach(() => {
    vi.restoreAllMocks();
    closeSync(fd);
    rmSync(dir, { recursive: true });
  });

  const failWith = (code: string): void => {
    vi.spyOn(binding, 'tryLock').mockImplementation(() => {
      throw Object.assign(new Error(code), { code });
    });
  };

  it.each(['ENOLCK', 'ENOTSUP', 'EINVAL'])(
    'goes no further on a file system without locks (%s), and says what to do',
    (code) => {
      failWith(code);
      expect(() => tryKernelLock(path, fd)).toThrow(LockUnavailableError);
      expect(() => tryKernelLock(path, fd)).toThrow(new RegExp(`${path}.*${code}.*Set DATA_DIR to`));
    },
  );

  it('returns false for EBUSY of Windows', () => {
    failWith('EBUSY');
    expect(tryKernelLock(path, fd)).toBe(false);
  });
});

describe('LockUnavailableError', () => {
  it('has advice for platforms without a binary', () => {
    const cause = Object.assign(new Error('no addon'), { code: 'ADDON_NOT_FOUND' });
    expect(new LockUnavailableError('/d/lock', cause).message).toMatch(
      /fs-native-extensions does not work .*no addon.*npm ci.*Linux with glibc/,
    );
  });
});
