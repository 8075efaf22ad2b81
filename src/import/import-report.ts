/** Reasons for skipping rows, by the names that the ledger records. */
export const SKIP_REASONS = {
  expired: 'older than LOG_EXPIRY_H: the next purge would remove them',
  no_connection: 'messages without a row in peer_connections',
  not_an_object: 'messages that are not a JSON object',
  out_of_range: 'dated before 1970 or more than a day ahead; events before year 1 or after year 9999',
  no_benchmark: 'events without a benchmark',
  phase: 'events whose phase is neither start nor end',
  refused: 'rejected by PostgreSQL, because they are invalid or too large',
} as const;

export type SkipReason = keyof typeof SKIP_REASONS;
export type Skipped = Partial<Record<SkipReason, number>>;

/** The result for a table over all runs. */
export interface TableReport {
  table: string;
  /** Rows of the source among the processed ids. */
  sourceRows: number;
  imported: number;
  skipped: Skipped;
  /** Rows that were added during this run; the next run imports them. */
  newer: number;
}

/** Rows of this source in a table of the target. */
export interface StoredReport {
  /** The table in the target. */
  table: string;
  stored: number;
  /** Imported rows that are gone without having been purged. */
  missing: number;
  /** Rows that exceed the number of imported rows. */
  surplus: number;
}

export interface ImportReport {
  tables: TableReport[];
  stored: StoredReport[];
  /** Chain names of `--genesis` without any connection. */
  unknownChains: string[];
  /** Whether all tables were processed. Otherwise rows are not counted. */
  complete: boolean;
}

/** Imported and skipped rows. */
export function accounted({ imported, skipped }: TableReport): number {
  return imported + Object.values(skipped).reduce((sum, rows) => sum + rows, 0);
}

/** Whether every row was imported and is present, or was skipped for a listed reason. */
export function agrees({ tables, stored, complete }: ImportReport): boolean {
  return (
    complete &&
    tables.every((table) => table.newer === 0 && table.sourceRows === accounted(table)) &&
    stored.every(({ missing, surplus }) => missing === 0 && surplus === 0)
  );
}
