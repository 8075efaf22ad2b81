export { Deadline } from './deadline.js';
export { Lifecycle, type LifecycleState } from './lifecycle.js';
export { LifecycleModule } from './lifecycle.module.js';
export { OpenSockets } from './open-sockets.js';
