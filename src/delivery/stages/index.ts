export type { KnownNode } from './known-nodes.js';
export { StageMetrics, stageMetricProviders } from './stage.metrics.js';
export { STAGES, Stages } from './stages.js';
export { StoredMessage } from './stored-message.js';
export { StoredStage } from './stored-stage.port.js';
