/** The ids of rows that may come a second time, since what was stored lately is read again. */
export class KnownIds {
  /** With when each was stored: microseconds since the epoch. */
  private readonly storedAt = new Map<string, number>();

  /** @returns whether it is new */
  add(id: string, storedAt: number): boolean {
    if (this.storedAt.has(id)) return false;
    this.storedAt.set(id, storedAt);
    return true;
  }

  /** Those stored at or before a time are not read again. */
  prune(time: number): void {
    for (const [id, storedAt] of this.storedAt) if (storedAt <= time) this.storedAt.delete(id);
  }

  ids(): IterableIterator<string> {
    return this.storedAt.keys();
  }
}
