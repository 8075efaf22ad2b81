import type { Host } from '../world/population.js';
import type { SimulatedNode } from './simulated-node.js';

/** A message as it leaves a node. */
export interface NodeMessage {
  readonly kind: 'message';
  /** When it is sent, in simulated time: milliseconds since the epoch. */
  readonly at: number;
  readonly node: SimulatedNode;
  readonly msg: string;
  /** The text of the frame. */
  readonly text: string;
}

/** The socket of a host opens or ends. */
export interface ConnectionChange {
  readonly kind: 'connected' | 'disconnected';
  readonly at: number;
  readonly host: Host;
}

/** What the sockets lead to goes without saying so, or is there again. In between no socket is open. */
export interface CollectorChange {
  readonly kind: 'collector_lost' | 'collector_back';
  readonly at: number;
}

export type NetworkEvent = NodeMessage | ConnectionChange | CollectorChange;
