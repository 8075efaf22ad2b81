export { NEWEST_MESSAGE } from './logs/connection-spans.js';
export { QueryModule } from './query.module.js';
