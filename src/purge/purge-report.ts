export interface DroppedPartition {
  name: string;
  /** About how many, by the statistics of the database. */
  rows: number;
}

/** What a purge removed. */
export interface PurgeReport {
  partitions: readonly DroppedPartition[];
  /** Rows by table. */
  rows: Readonly<Record<string, number>>;
}
