/** Where a batch lies in the journal. Kept small, since hundreds of thousands wait while the database is away. */
export interface JournalEntry {
  readonly segment: number;
  readonly offset: number;
  /** Bytes on disk. */
  readonly length: number;
}
