export { downGapId } from './gaps/gap.js';
export type { GapRecord } from './gaps/gap-record.js';
export { GapStore } from './gaps/gap-store.js';
export { Observer } from './observer.js';
export { ObserverModule } from './observer.module.js';
