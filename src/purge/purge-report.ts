export interface DroppedPartition {
  name: string;
  /** About how many, by the statistics of the database. */
  rows: number;
}

/** What a purge has removed, noted as it goes: it may fail half-way. */
export class PurgeReport {
  readonly partitions: DroppedPartition[] = [];
  /** Rows by table. */
  readonly rows: Record<string, number> = {};
  /** Expired partitions that somebody was reading, for the next purge. */
  readonly left: string[] = [];
  /** What could not be done this time. */
  readonly failures: Error[] = [];

  deleted(table: string, rows: number): void {
    this.rows[table] = (this.rows[table] ?? 0) + rows;
  }

  failed(error: unknown): void {
    this.failures.push(error instanceof Error ? error : new Error(String(error)));
  }
}
