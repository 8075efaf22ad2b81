/** Why rows are left out, by the name under which they are counted. */
export const LEFT_OUT = {
  expired: 'older than LOG_EXPIRY_H, so that the next purge would remove them',
  no_connection: 'messages that belong to no row of peer_connections',
  not_an_object: 'messages that are no JSON object',
  out_of_range: 'of a time before 1970 or after 9998',
  no_benchmark: 'events that belong to no benchmark',
  phase: 'events whose phase is neither start nor end',
  refused: 'PostgreSQL does not take them, as they are broken or too large',
} as const;

export type LeftOutReason = keyof typeof LEFT_OUT;
export type LeftOut = Partial<Record<LeftOutReason, number>>;

/** What became of the rows of a table, over all runs. */
export interface TableReport {
  table: string;
  /** Rows of the source now, among the ids that were gone through. */
  sourceRows: number;
  imported: number;
  leftOut: LeftOut;
  /** Rows that came while this run was at it: the next one brings them. */
  newer: number;
}

export interface ImportReport {
  tables: TableReport[];
  /** Whether everything was gone through. Without that the tables are not counted. */
  complete: boolean;
}

/** Rows that are accounted for. */
export function accounted({ imported, leftOut }: TableReport): number {
  return imported + Object.values(leftOut).reduce((sum, rows) => sum + rows, 0);
}

/** Whether everything was brought over, or left out for a reason that is told. */
export function agrees({ tables, complete }: ImportReport): boolean {
  return complete && tables.every((table) => table.sourceRows === accounted(table));
}
