/** Why a WebSocket is not let in. Each is a label of `tetcore_upgrades_refused_total`. */
export type RefusalReason =
  | 'unknown_path'
  | 'host_not_allowed'
  | 'origin_not_allowed'
  | 'not_running'
  | 'address_not_allowed'
  | 'address_blocked'
  | 'too_many_of_address'
  | 'too_many'
  | 'too_many_at_once'
  | 'memory_limit'
  | 'feed_full';

export interface Refusal {
  /** The HTTP status to refuse with. */
  status: number;
  reason: RefusalReason;
  /** Seconds after which it is worth another try. */
  retryAfterS?: number;
}
