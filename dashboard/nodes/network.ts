/** A node as the server describes it in `GET /network/{chain}`. */
export interface NetworkNode {
  id: string;
  peer_id: string | null;
  name: string | null;
  authority: boolean | null;
  implementation: string | null;
  version: string | null;
  peers: number | null;
  transactions: number | null;
  best_height: number | null;
  best_hash: string | null;
  best_at: string | null;
  finalized_height: number | null;
  finalized_hash: string | null;
  block_time_ms: number | null;
  propagation_ms: number | null;
  upload: number | null;
  download: number | null;
  last_heard_at: string | null;
  startup_time: number | null;
  connected_at: string;
}
export type NodeField = Exclude<keyof NetworkNode, 'id'>;

export interface NetworkHeader {
  node_count: number;
  validator_count: number;
  best_height: number | null;
  best_hash: string | null;
  finalized_height: number | null;
  finalized_hash: string | null;
  average_block_time_ms: number | null;
  last_block_at: string | null;
}

export interface Network {
  network: string;
  as_of: string;
  header: NetworkHeader;
  nodes: NetworkNode[];
}

/** What the feed sends of a chain. */
export interface NetworkFrame {
  as_of: string;
  /** All nodes are in it: others are gone. */
  complete?: boolean;
  /** What changed of each; all of a new one. */
  nodes: (Partial<NetworkNode> & { id: string })[];
  /** Ids. */
  gone: string[];
  header?: NetworkHeader;
}

export interface Chain {
  name: string;
  node_count: number;
}

export const NO_HEADER: NetworkHeader = {
  node_count: 0,
  validator_count: 0,
  best_height: null,
  best_hash: null,
  finalized_height: null,
  finalized_hash: null,
  average_block_time_ms: null,
  last_block_at: null,
};

/** What is known of a node that nothing has been said of. */
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
};
