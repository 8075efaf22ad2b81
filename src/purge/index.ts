export type { ExpiringRows } from './expiring-rows.js';
export { Purge } from './purge.js';
export type { PurgeContext } from './purge-context.js';
export { withPurge } from './with-purge.js';
export { PurgeModule } from './purge.module.js';
export type { PurgePart } from './purge-part.js';
export type { Expired, ExpiredPartition, PurgePreview } from './purge-preview.js';
export { PurgeRegistry } from './purge-registry.js';
export { type DroppedPartition, type PurgeFailure, PurgeReport } from './purge-report.js';
