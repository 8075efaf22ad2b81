import { createRequire } from 'node:module';
import { LockUnavailableError } from './lock-unavailable.error.js';

/** What of `fs-native-extensions` is used here; it brings no types. */
interface Binding {
  tryLock(fd: number, offset: number, length: number, options: { shared: boolean }): boolean;
}

/** Far behind what a lock file says, for Windows lets nobody read what is locked. macOS locks whole files only. */
const [OFFSET, LENGTH] = process.platform === 'darwin' ? [0, 0] : [1024 ** 3, 1];

const load = createRequire(import.meta.url);

/**
 * Takes a lock of the kernel on an open file: on Linux one of the open file description, which lasts until the last
 * descriptor of it is closed, in whatever process, or until these processes are gone. A process that is frozen holds it.
 *
 * @param shared for descriptors that can only be read from: others may hold it so too
 * @returns false where another holds it
 * @throws LockUnavailableError where there are no such locks
 */
export function tryKernelLock(path: string, fd: number, shared = false): boolean {
  const kernel = binding(path);
  try {
    return kernel.tryLock(fd, OFFSET, LENGTH, { shared });
  } catch (error) {
    // Windows.
    if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false;
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
