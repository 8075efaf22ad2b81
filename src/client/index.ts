export {
  type AnalyticsClient,
  type AnalyticsClientOptions,
  createAnalyticsClient,
} from './analytics-client.js';
export type { components, operations, paths } from './schema.js';
