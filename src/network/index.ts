export { NODE_FIELDS } from './node-fields.js';
export { NetworkModule } from './network.module.js';
export { NetworkUpdater } from './view/network-updater.js';
export { NetworkViews } from './view/network-views.js';
