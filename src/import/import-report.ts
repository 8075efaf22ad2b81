/** Why rows are left out, by the name under which they are counted. */
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

/** What became of the rows of a table, over all runs. */
export interface TableReport {
  table: string;
  /** Rows of the source now, among the ids that were gone through. */
  sourceRows: number;
  imported: number;
  skipped: Skipped;
  /** Rows that came while this run was at it: the next one brings them. */
  newer: number;
}

/** What is in a table here of all that this source has given, counted. */
export interface StoredReport {
  /** The table here. */
  table: string;
  stored: number;
  /** Rows that came over and are gone, though no purge has removed them. */
  missing: number;
  /** Rows beyond those that came over. */
  surplus: number;
}

export interface ImportReport {
  tables: TableReport[];
  stored: StoredReport[];
  /** Names that a genesis hash was given for, and no connection has. */
  unknownChains: string[];
  /** Whether everything was gone through. Without that the tables are not counted. */
  complete: boolean;
}

/** Rows that are accounted for. */
export function accounted({ imported, skipped }: TableReport): number {
  return imported + Object.values(skipped).reduce((sum, rows) => sum + rows, 0);
}

/** Whether everything was brought over and is here, or was left out for a reason that is told. */
export function agrees({ tables, stored, complete }: ImportReport): boolean {
  return (
    complete &&
    tables.every((table) => table.newer === 0 && table.sourceRows === accounted(table)) &&
    stored.every(({ missing, surplus }) => missing === 0 && surplus === 0)
  );
}
