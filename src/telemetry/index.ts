export type { Refusal, RefusalReason } from './admission/refusal.js';
export type { Batch, RejectedMessage, RowBlock } from './batch/batch.js';
export { BatchBuilder } from './batch/batch-builder.js';
export { BatchQueue } from './batch/batch-queue.port.js';
export type { ConnectionSnapshot, NodeIdentity } from './connection/connection-snapshot.js';
export { NodeConnection } from './connection/node-connection.js';
export { TelemetryWsAdapter } from './gateway/telemetry-ws.adapter.js';
export { UpgradeGuard } from './gateway/upgrade-guard.js';
export { MAX_MSG_LENGTH, type ParsedMessage, parseFrame } from './message/message.parser.js';
export {
  formatRow,
  type MessageRow,
  parseRow,
  parseRowHead,
  ROW_COLUMNS,
  splitRows,
} from './message/message-row.js';
export { createdAt, formatTime } from './message/timestamp.js';
export { identify, REJECTED_HEAD_BYTES } from './socket/message-intake.js';
export { ENDPOINTS, type TelemetryEndpoint } from './socket/telemetry-endpoint.js';
export { MessageOutcomes, type MessageOutcome } from './telemetry.metrics.js';
export { TelemetryModule, type TelemetryModuleOptions } from './telemetry.module.js';
export { TelemetrySharedModule } from './telemetry-shared.module.js';
