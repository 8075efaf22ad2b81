export { EventWebhook, webhookMetricProviders } from './event-webhook.js';
