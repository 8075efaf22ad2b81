export { NODE_FIELDS } from './network.dto.js';
export { NetworkModule } from './network.module.js';
export { countNodesByStatus, type StatusCount } from './status/status-counts.js';
export { NODE_STATUSES, type NodeStatus, StatusLimits } from './status/status.js';
export { StatusJob } from './status/status-job.js';
export { NetworkUpdater, NetworkViews } from './view/network-views.js';
