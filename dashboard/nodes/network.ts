import type { ApiSchema } from '../shared/api.js';

export type Chain = ApiSchema<'Chain'>;
export type ChainState = ApiSchema<'Network'>;
export type NetworkHeader = ApiSchema<'NetworkHeader'>;
export type NetworkNode = ApiSchema<'NetworkNode'>;
export type NodeField = Exclude<keyof NetworkNode, 'id'>;

/** A feed frame for one chain. */
export interface NetworkFrame {
  as_of: string;
  /** Start of a full snapshot; remove nodes that are not in it. */
  complete?: boolean;
  /** More frames of the snapshot follow. */
  more?: boolean;
  /** Changed fields, or all fields of a new node. */
  nodes: (Partial<NetworkNode> & { id: number })[];
  /** Ids of removed nodes. */
  gone: number[];
  header?: NetworkHeader;
}

export const EMPTY_HEADER: NetworkHeader = {
  node_count: 0,
  shown_count: 0,
  validator_count: 0,
  status_counts: { silent: 0, syncing: 0, fork: 0, stuck: 0, lagging: 0, healthy: 0 },
  best_height: null,
  best_hash: null,
  finalized_height: null,
  finalized_hash: null,
  single_source: false,
  average_block_time_ms: null,
  last_block_at: null,
};

/** Default field values of a new node. */
export const EMPTY_NODE: Omit<NetworkNode, 'id'> = {
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
  status: null,
  status_since: null,
  clock_wrong: null,
};
