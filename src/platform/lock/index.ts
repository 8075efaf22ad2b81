export { DirectoryInUseError } from './directory-in-use.error.js';
export { DirectoryLock, type DirectoryLockOptions } from './directory-lock.js';
export type { LockHolder } from './lock-holder.js';
export { leadsTo, LockedFile } from './locked-file.js';
export { LockUnavailableError } from './lock-unavailable.error.js';
export { makeDirectory } from './make-directory.js';
export { listProcessFolders, lockIfAbandoned, removeProcessFolder } from './process-folder.js';
export { adviceFor, UnusableDirectoryError } from './unusable-directory.error.js';
