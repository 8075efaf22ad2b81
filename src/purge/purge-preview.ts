import type { DroppedPartition, PurgeFailure } from './purge-report.js';

export interface ExpiredPartition extends DroppedPartition {
  /** On disk, with its indexes. */
  bytes: number;
}

/** What a part of a purge would remove at a moment. */
export interface Expired {
  partitions?: readonly ExpiredPartition[];
  /** Rows by table, counted. */
  rows?: Readonly<Record<string, number>>;
}

/** What a purge would remove at a moment. */
export interface PurgePreview {
  partitions: ExpiredPartition[];
  /** Rows by table, counted. */
  rows: Record<string, number>;
  /** What could not be looked at. */
  failures: PurgeFailure[];
}
