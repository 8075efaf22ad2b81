export {
  DirectoryLock,
  type DirectoryLockOptions,
  type LockHolder,
  makeDirectory,
} from './directory-lock.js';
export {
  adviceFor,
  DirectoryInUseError,
  LockUnavailableError,
  UnusableDirectoryError,
} from './lock.errors.js';
export { leadsTo, LockedFile } from './locked-file.js';
export {
  emptyProcessFolder,
  listProcessFolders,
  lockIfAbandoned,
  removeProcessFolder,
} from './process-folder.js';
