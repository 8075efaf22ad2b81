export { Observer } from './observer.js';
export { ObserverModule } from './observer.module.js';
