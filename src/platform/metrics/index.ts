export { MetricsModule } from './metrics.module.js';
export { MetricsPort } from './metrics-port.js';
