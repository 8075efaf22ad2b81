export { downGapId, type GapRecord } from './gaps.js';
export { GapStore } from './gap-store.js';
export { Observer } from './observer.js';
export { ObserverModule } from './observer.module.js';
