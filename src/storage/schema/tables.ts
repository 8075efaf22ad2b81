/** The tables of messages: those that expire, and those that stay. Both are partitioned by `created_at`. */
export const LOG_TABLES = ['logs_expiring', 'logs_audit'] as const;
export type LogTable = (typeof LOG_TABLES)[number];

/** The table of messages that came by a connection. */
export function logTable({ audit }: { audit: boolean }): LogTable {
  return audit ? 'logs_audit' : 'logs_expiring';
}
