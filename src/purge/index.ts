export { Purge } from './purge.js';
export { PurgeModule } from './purge.module.js';
export type { DroppedPartition, PurgeReport } from './purge-report.js';
