/**
 * Why a connection ended: values of `peer_connections.end_reason`. `collector_lost`: its server process died.
 * `id_evicted`: its id on the socket was evicted by a newer one. `identity_changed`: its node reported another identity,
 * with which a new connection begins. `imported`: it comes from a database of 0.1.4, which has no reason.
 */
export const END_REASONS = [
  'closed',
  'timeout',
  'payload_too_large',
  'too_many_bytes',
  'slow_reader',
  'no_message',
  'too_many_fragments',
  'message_timeout',
  'memory_limit',
  'protocol_error',
  'reset',
  'shutdown',
  'id_evicted',
  'identity_changed',
  'collector_lost',
  'imported',
] as const;

export type EndReason = (typeof END_REASONS)[number];
