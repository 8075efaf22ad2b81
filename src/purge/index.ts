export { ClockDifferenceError, Purge, withPurge } from './purge.js';
export { type ExpiringRows, PurgeRegistry, PurgeRegistryModule } from './purge-registry.js';
export {
  type DroppedPartition,
  type Expired,
  type ExpiredPartition,
  PurgeContext,
  type PurgeFailure,
  type PurgePart,
  type PurgePreview,
  PurgeReport,
} from './purge-part.js';
export { PurgeSchedule } from './purge-schedule.js';
export { PurgeModule } from './purge.module.js';
