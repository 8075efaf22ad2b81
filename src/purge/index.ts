export { Purge } from './purge.js';
export { withPurge } from './with-purge.js';
export { PurgeSchedule } from './purge-schedule.js';
export { PurgeModule } from './purge.module.js';
export type { ExpiredPartition, PurgePreview } from './purge-preview.js';
export { PurgeReport, type DroppedPartition } from './purge-report.js';
