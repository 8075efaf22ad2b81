/** What is known of a connected node: the fields of a NetworkNode, in the order in which they are sent. */
export const NODE_FIELDS = [
  'peer_id',
  'name',
  'authority',
  'implementation',
  'version',
  'peers',
  'transactions',
  'best_height',
  'best_hash',
  'best_at',
  'finalized_height',
  'finalized_hash',
  'block_time_ms',
  'propagation_ms',
  'upload',
  'download',
  'last_heard_at',
  'startup_time',
  'connected_at',
  'connections',
  'duplicate',
  'unconfirmed',
] as const;
export type NodeField = (typeof NODE_FIELDS)[number];
export type FieldValue = string | number | boolean | null;
