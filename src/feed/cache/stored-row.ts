/** A message as it is read for the cache. Times are microseconds since the epoch. */
export interface StoredRow {
  id: string;
  createdAt: number;
  storedAt: number;
  /** The JSON that subscribers get. */
  text: string;
}
