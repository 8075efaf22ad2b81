export { Deadline, Lifecycle, LifecycleModule, type LifecycleState } from './lifecycle.js';
