export { type Json, type JsonObject, toExactJson } from './messages/exact-json.js';
export {
  type FieldKind,
  MESSAGE_TYPES,
  type MessageType,
  type MessageTypeInfo,
} from './messages/message-types.js';
export { formatTimestamp } from './messages/timestamp.js';
export type { CollectorChange, ConnectionChange, NetworkEvent, NodeMessage } from './nodes/events.js';
export type { NodeProfile } from './nodes/node-profile.js';
export type { SimulatedNode } from './nodes/simulated-node.js';
export { fill, type FillOptions } from './play/fill.js';
export { MessageSink } from './play/message-sink.js';
export { Playback, type PlaybackOptions, type PlaybackTotals } from './play/playback.js';
export { SocketSink, type SocketSinkOptions, type SocketTotals } from './play/socket-sink.js';
export { UnreachableError } from './play/unreachable.error.js';
export { parseSimulateOptions, simulateCommand } from './simulate-command.js';
export { type BuiltInName } from './scenarios/built-in.js';
export { listScenarios, loadScenario } from './scenarios/load-scenario.js';
export { readScenario, type Scenario, type ScenarioFile } from './scenarios/scenario.js';
export { ScenarioError } from './scenarios/scenario.error.js';
export { Network, type NetworkOptions } from './world/network.js';
export type { Host } from './world/population.js';
