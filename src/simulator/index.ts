export { type Json, type JsonObject, toExactJson, formatTimestamp } from './messages/envelope.js';
export {
  type FieldKind,
  MESSAGE_TYPES,
  type MessageType,
  type MessageTypeInfo,
} from './messages/message-types.js';
export type {
  CollectorChange,
  ConnectionChange,
  NetworkEvent,
  NodeMessage,
} from './nodes/telemetry-emitter.js';
export type { NodeProfile } from './nodes/node-profile.js';
export type { SimulatedNode } from './nodes/simulated-node.js';
export { fill, type FillOptions, MessageSink } from './play/message-sink.js';
export { Playback, type PlaybackOptions, type PlaybackTotals } from './play/playback.js';
export {
  SocketSink,
  type SocketSinkOptions,
  type SocketTotals,
  UnreachableError,
} from './play/socket-sink.js';
export { parseSimulateOptions, simulateCommand } from './simulate-command.js';
export { type BuiltInName } from './scenarios/built-in.js';
export { listScenarios, loadScenario } from './scenarios/load-scenario.js';
export { readScenario, type Scenario, type ScenarioFile } from './scenarios/scenario.js';
export { ScenarioError } from './scenarios/scenario-fields.js';
export { SimulatedNetwork, type NetworkOptions } from './world/network.js';
export type { Host } from './world/population.js';
export { TRUTH_KINDS, type TruthKind, TruthLog } from './truth/truth-log.js';
export type { WorldObserver } from './world/observer.js';
