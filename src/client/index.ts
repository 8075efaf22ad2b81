export { type AnalyticsClient, createAnalyticsClient } from './analytics-client.js';
export type { components, operations, paths } from './schema.js';
