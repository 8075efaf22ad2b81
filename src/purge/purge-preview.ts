import type { DroppedPartition } from './purge-report.js';

export interface ExpiredPartition extends DroppedPartition {
  /** On disk, with its indexes. */
  bytes: number;
}

/** What a purge would remove at a moment. */
export interface PurgePreview {
  partitions: ExpiredPartition[];
  /** Rows by table, counted. */
  rows: Record<string, number>;
}
