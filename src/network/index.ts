export { NODE_FIELDS } from './node-fields.js';
export { NetworkModule } from './network.module.js';
