export type { UpgradeRefusal, UpgradeRefusalReason } from './admission.js';
export {
  type Batch,
  BatchQueue,
  type JournalProblem,
  type RejectedMessage,
  type RowBlock,
} from './batch/batch.js';
export { BatchBuilder } from './batch/batch-builder.js';
export { Batcher } from './batch/batcher.js';
export { NodeConnection } from './socket/node-connection.js';
export { UpgradeGuard } from './upgrade-guard.js';
export { type ParsedMessage, parseFrame } from './message/message.parser.js';
export { MAX_TEXT_LENGTH, readIdentity } from './message/node-identity.js';
export { createdAt } from './message/timestamp.js';
export { identify, REJECTED_HEAD_BYTES } from './socket/message-intake.js';
export { SocketConnections } from './socket/socket-connections.js';
export { SocketObserver, TelemetrySockets } from './socket/telemetry-sockets.js';
export { ENDPOINTS, type TelemetryEndpoint } from './socket/telemetry-endpoint.js';
export { MessageOutcomes, type MessageOutcome } from './telemetry.metrics.js';
export { TelemetryModule, type TelemetryModuleOptions, TelemetrySharedModule } from './telemetry.module.js';
