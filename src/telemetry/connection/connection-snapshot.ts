/** What `system.connected` says of a node; `null` where it has not said so. */
export interface NodeIdentity {
  /** The libp2p peer id: `network_id`, or `peerId` of a network state. */
  peerId: string | null;
  name: string | null;
  chain: string | null;
  implementation: string | null;
  version: string | null;
  config: string | null;
  authority: boolean | null;
  /** Milliseconds since the epoch, by the node's clock. */
  startupTime: number | null;
  genesisHash: string | null;
  targetOs: string | null;
  targetArch: string | null;
  targetEnv: string | null;
  /** A JSON object, as text. */
  sysinfo: string | null;
}

/** The row of a node on a socket in `peer_connections`, as it stands. Times are milliseconds since the epoch. */
export interface ConnectionSnapshot extends NodeIdentity {
  /** A UUIDv7. */
  id: string;
  /** Counts the snapshots of a connection; a row never goes back to a lower one. */
  revision: number;
  collectorId: string;
  /** All nodes on one socket share it. */
  socketId: string;
  /** The node's `id` in the envelope; `null` for the flat envelope. */
  envelopeId: number | null;
  ipAddr: string;
  path: string;
  audit: boolean;
  /** When its socket was opened. */
  createdAt: number;
  /** When its first and its latest message arrived, by our clock. */
  firstMessageAt: number;
  lastMessageAt: number;
  /** The bounds of `created_at` of its messages. */
  oldestCreatedAt: number;
  newestCreatedAt: number;
  endedAt: number | null;
  /**
   * How it ended: `closed`, `timeout`, `payload_too_large`, `too_many_bytes`, `slow_reader`, `no_message`,
   * `protocol_error`, `reset`, `shutdown`, `collector_lost`.
   */
  endReason: string | null;
  /** The WebSocket close code. */
  endCode: number | null;
}
