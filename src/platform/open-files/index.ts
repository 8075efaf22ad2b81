export {
  connectionsWithin,
  MIN_OPEN_FILES,
  neededFiles,
  openFilesLimit,
  softLimit,
  tooFewOpenFiles,
} from './open-files.js';
