export { type Json, type JsonObject, toExactJson } from './exact-json.js';
export { Network } from './network.js';
export { Playback, type PlaybackOptions, type PlaybackTotals } from './playback.js';
export type { Host, PopulationOptions } from './population.js';
export type { NodeMessage, SimulatedNode } from './simulated-node.js';
export { formatTimestamp } from './timestamp.js';
export { UnreachableError } from './unreachable.error.js';
