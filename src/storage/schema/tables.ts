/** The tables of messages, which expire or are kept. Both are partitioned by `created_at`. */
export const LOG_TABLES = ['logs_expiring', 'logs_audit'] as const;
export type LogTable = (typeof LOG_TABLES)[number];

/** The table of the messages of a connection. */
export function logTable({ audit }: { audit: boolean }): LogTable {
  return audit ? 'logs_audit' : 'logs_expiring';
}

/** Values of `observer_gaps.cause`: why a server did not see its nodes. */
export const GAP_CAUSES = ['down', 'paused', 'sockets_lost'] as const;

/** `down`: the process had ended; `paused`: sockets were not read; `sockets_lost`: at least half of them ended at once. */
export type GapCause = (typeof GAP_CAUSES)[number];

/**
 * Lowest value of `collectors.holds_from`, the lowest batch id that may still be unstored. Ids below it can be purged, so
 * with this value none can.
 */
export const MIN_BATCH_ID = '00000000-0000-0000-0000-000000000000';

/** Value of `collectors.holds_from` of an ended process whose journal is empty or removed. It is above every batch id. */
export const NO_UNSTORED_BATCHES = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
