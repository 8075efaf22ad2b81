export { type DiskNeed, diskNeeds, freeBytes, nearestDirectory, WAL_BYTES } from './disk-space.js';
export { networkFileSystem, readMountinfo } from './file-system.js';
export { formatSize } from './format-size.js';
