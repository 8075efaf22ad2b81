import type { ApiSchema } from '../shared/api.js';

export type Chain = ApiSchema<'Chain'>;
export type Network = ApiSchema<'Network'>;
export type NetworkHeader = ApiSchema<'NetworkHeader'>;
export type NetworkNode = ApiSchema<'NetworkNode'>;
export type NodeField = Exclude<keyof NetworkNode, 'id'>;

/** What the feed sends of a chain. */
export interface NetworkFrame {
  as_of: string;
  /** All nodes begin here: those that do not come are gone. */
  complete?: boolean;
  /** Of all nodes, others follow in the next frame. */
  more?: boolean;
  /** What changed of each; all of a new one. */
  nodes: (Partial<NetworkNode> & { id: number })[];
  /** Ids. */
  gone: number[];
  header?: NetworkHeader;
}

export const NO_HEADER: NetworkHeader = {
  node_count: 0,
  shown_count: 0,
  validator_count: 0,
  best_height: null,
  best_hash: null,
  finalized_height: null,
  finalized_hash: null,
  single_source: false,
  average_block_time_ms: null,
  last_block_at: null,
};

/** A node without any data. */
export const NO_NODE: Omit<NetworkNode, 'id'> = {
  peer_id: null,
  name: null,
  authority: null,
  implementation: null,
  version: null,
  peers: null,
  transactions: null,
  best_height: null,
  best_hash: null,
  best_at: null,
  finalized_height: null,
  finalized_hash: null,
  block_time_ms: null,
  propagation_ms: null,
  upload: null,
  download: null,
  last_heard_at: null,
  startup_time: null,
  connected_at: '',
  connections: 1,
  duplicate: false,
  unconfirmed: false,
};
