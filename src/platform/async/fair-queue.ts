export interface FairQueueLimits {
  /** Concurrent work. */
  places: number;
  /** Concurrent work of one key. */
  placesOfKey: number;
  /** Work that waits. */
  waiting: number;
  /** Work of one key that waits. */
  waitingOfKey: number;
}

/** The limit on waiting work is reached. */
export class FairQueueFullError extends Error {
  override readonly name = 'FairQueueFullError';
}

interface Waiting {
  begin: () => void;
}

/**
 * Limits concurrent work, in all and for each key, such as the address of a client. Waiting work starts in turn by key: a
 * key with much work does not delay the others.
 */
export class FairQueue {
  private taken = 0;
  private waiting = 0;
  private readonly takenOf = new Map<string, number>();
  /** By key: the first one is next. */
  private readonly queues = new Map<string, Set<Waiting>>();

  /** @param limitsNow is called each time */
  constructor(private readonly limitsNow: () => FairQueueLimits) {}

  /** Work that waits. */
  get size(): number {
    return this.waiting;
  }

  /**
   * Waits until the work may start.
   *
   * @returns a function to call when the work has ended; further calls do nothing
   * @throws FairQueueFullError, and the signal's reason
   */
  async enter(key: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.hasPlaceFor(key)) return this.take(key);
    const queue = this.queues.get(key) ?? new Set<Waiting>();
    const { waiting, waitingOfKey } = this.limitsNow();
    if (this.waiting >= waiting || queue.size >= waitingOfKey) {
      throw new FairQueueFullError('Too many requests are waiting.');
    }
    return await new Promise((resolve, reject) => {
      const abort = (): void => {
        this.remove(key, entry);
        reject(signal?.reason as Error);
      };
      const entry: Waiting = {
        begin: () => {
          signal?.removeEventListener('abort', abort);
          this.remove(key, entry);
          resolve(this.take(key));
        },
      };
      this.queues.set(key, queue.add(entry));
      this.waiting += 1;
      signal?.addEventListener('abort', abort);
    });
  }

  private hasPlaceFor(key: string): boolean {
    const { places, placesOfKey } = this.limitsNow();
    return this.taken < places && (this.takenOf.get(key) ?? 0) < placesOfKey;
  }

  private take(key: string): () => void {
    this.taken += 1;
    this.takenOf.set(key, (this.takenOf.get(key) ?? 0) + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.release(key);
    };
  }

  private release(key: string): void {
    this.taken -= 1;
    const left = (this.takenOf.get(key) ?? 0) - 1;
    if (left > 0) this.takenOf.set(key, left);
    else this.takenOf.delete(key);
    this.beginNext();
  }

  private beginNext(): void {
    for (const [key, queue] of this.queues) {
      if (!this.hasPlaceFor(key)) continue;
      const [first] = queue;
      // Its next work starts after that of all other keys.
      this.queues.delete(key);
      this.queues.set(key, queue);
      first?.begin();
      return;
    }
  }

  private remove(key: string, entry: Waiting): void {
    const queue = this.queues.get(key);
    if (queue?.delete(entry) !== true) return;
    this.waiting -= 1;
    if (queue.size === 0) this.queues.delete(key);
  }
}
