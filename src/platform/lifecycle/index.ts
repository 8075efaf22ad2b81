export { Deadline, Lifecycle, LifecycleModule, type LifecycleState } from './lifecycle.js';
export { ScheduledJob } from './scheduled-job.js';
