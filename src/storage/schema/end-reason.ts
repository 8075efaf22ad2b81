/**
 * Why a connection ended, as `peer_connections.end_reason` has it. `collector_lost`: its server went without saying
 * so; `imported`: it came with a database of 0.1.4, which does not tell.
 */
export const END_REASONS = [
  'closed',
  'timeout',
  'payload_too_large',
  'too_many_bytes',
  'slow_reader',
  'no_message',
  'protocol_error',
  'reset',
  'shutdown',
  'collector_lost',
  'imported',
] as const;

export type EndReason = (typeof END_REASONS)[number];
