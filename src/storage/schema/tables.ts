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

/*
 * `collectors.holds_from`: batches of a process with a lower id are stored, and are not stored again: their rows of
 * `ingest_batches` can be purged. The process, or its abandoned journal, may still store batches from this id on.
 */

/** Below every id: not known, so that all ids stay. */
export const NOTHING_KNOWN = '00000000-0000-0000-0000-000000000000';

/** Above every id: the process has ended, and its journal is empty or removed. */
export const NOTHING_HELD = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
