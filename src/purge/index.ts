export { Purge } from './purge.js';
export { PurgeModule } from './purge.module.js';
export { PurgeReport, type DroppedPartition } from './purge-report.js';
