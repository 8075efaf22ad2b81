import { createRequire } from 'node:module';
import { codeOf } from '../errors/index.js';
import { LockUnavailableError } from './lock.errors.js';

/** The part of `fs-native-extensions` that is used here. It has no types. */
interface Binding {
  tryLock(fd: number, offset: number, length: number, options: { shared: boolean }): boolean;
}

/** Far behind the content of a lock file: Windows does not let others read a locked range. macOS locks whole files. */
const [OFFSET, LENGTH] = process.platform === 'darwin' ? [0, 0] : [1024 ** 3, 1];

const load = createRequire(import.meta.url);

/**
 * Locks an open file with a lock of the kernel. On Linux it belongs to the open file description: it lasts until the
 * last descriptor of it is closed, in any process, or until these processes have ended. A frozen process keeps it.
 *
 * @param shared for read-only descriptors: several can have the lock
 * @returns false where the file is locked
 * @throws LockUnavailableError where the system has no such locks
 */
export function tryKernelLock(path: string, fd: number, shared = false): boolean {
  const kernel = binding(path);
  try {
    return kernel.tryLock(fd, OFFSET, LENGTH, { shared });
  } catch (error) {
    // Windows.
    if (codeOf(error) === 'EBUSY') return false;
    throw new LockUnavailableError(path, error);
  }
}

function binding(path: string): Binding {
  try {
    return load('fs-native-extensions') as Binding;
  } catch (error) {
    throw new LockUnavailableError(path, error);
  }
}
