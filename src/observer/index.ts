export { type ClockOffset, ObserverClock } from './clock/observer-clock.js';
export { Observer } from './observer.js';
export { ObserverModule } from './observer.module.js';
