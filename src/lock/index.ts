export { DirectoryInUseError } from './directory-in-use.error.js';
export { DirectoryLock, type DirectoryLockOptions } from './directory-lock.js';
export type { LockHolder } from './lock-holder.js';
