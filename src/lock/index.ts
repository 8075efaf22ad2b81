export { DirectoryInUseError } from './directory-in-use.error.js';
export { DirectoryLock } from './directory-lock.js';
export type { LockHolder } from './lock-holder.js';
