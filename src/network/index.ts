export { NODE_FIELDS } from './network.dto.js';
export { NetworkModule } from './network.module.js';
export { NetworkUpdater, NetworkViews } from './view/network-views.js';
