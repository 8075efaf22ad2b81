/**
 * Why a connection ended, as `peer_connections.end_reason` has it. `collector_lost`: its server went without saying
 * so; `id_evicted`: its id on the socket gave way to one that was heard later; `identity_changed`: its node said that it is
 * another one, whose connection begins there; `imported`: it came with a database of 0.1.4, which does not tell.
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
