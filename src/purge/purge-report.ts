/** Of `logs_expiring`. */
export interface DroppedPartition {
  name: string;
  /** About how many, by the statistics of the database. */
  rows: number;
}

/** What could not be done this time. */
export interface PurgeFailure {
  /** The name of the part; null where it was the purge itself. */
  part: string | null;
  error: unknown;
}

/** What a purge has removed, noted as it goes: it may fail half-way. */
export class PurgeReport {
  readonly partitions: DroppedPartition[] = [];
  /** Rows by table. */
  readonly rows: Record<string, number> = {};
  /** Expired partitions that somebody was reading, for the next purge. */
  readonly left: string[] = [];
  readonly failures: PurgeFailure[] = [];

  deleted(table: string, rows: number): void {
    this.rows[table] = (this.rows[table] ?? 0) + rows;
  }

  failed(part: string | null, error: unknown): void {
    this.failures.push({ part, error });
  }
}
