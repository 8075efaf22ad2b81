/** Items by key. Keys take turns, so that a key with many items does not delay the others. */
export class FairQueue<Key, Item> {
  /** The first key is next. */
  private readonly items = new Map<Key, Set<Item>>();
  private count = 0;

  /** Number of items. */
  get size(): number {
    return this.count;
  }

  sizeOf(key: Key): number {
    return this.items.get(key)?.size ?? 0;
  }

  /** An item that the key already has keeps its position. */
  add(key: Key, item: Item): void {
    let items = this.items.get(key);
    if (items === undefined) this.items.set(key, (items = new Set()));
    const sizeBefore = items.size;
    items.add(item);
    this.count += items.size - sizeBefore;
  }

  /**
   * Removes the next item.
   *
   * @param mayTake whether a key may have its turn. Others keep their positions
   * @returns undefined if there is none
   */
  take(mayTake: (key: Key) => boolean = () => true): { key: Key; item: Item } | undefined {
    for (const [key, items] of this.items) {
      if (!mayTake(key)) continue;
      // A Map iterates in insertion order: the key goes to the end.
      this.items.delete(key);
      for (const item of items) {
        items.delete(item);
        this.count -= 1;
        if (items.size > 0) this.items.set(key, items);
        return { key, item };
      }
    }
    return undefined;
  }

  delete(key: Key, item: Item): void {
    const items = this.items.get(key);
    if (items?.delete(item) !== true) return;
    this.count -= 1;
    if (items.size === 0) this.items.delete(key);
  }
}

/** A client in a {@link FairQueueByAddress}. */
export interface AddressedClient {
  /** Its IP address; IPv6 by its network. */
  readonly address: string;
}

/** A fair queue in which addresses take turns, and the clients of one address among themselves. */
export class FairQueueByAddress<Client extends AddressedClient, Item> {
  private readonly addresses = new Map<string, FairQueue<Client, Item>>();

  add(client: Client, item: Item): void {
    let clients = this.addresses.get(client.address);
    if (clients === undefined) this.addresses.set(client.address, (clients = new FairQueue()));
    clients.add(client, item);
  }

  take(): { key: Client; item: Item } | undefined {
    for (const [address, clients] of this.addresses) {
      this.addresses.delete(address);
      const taken = clients.take();
      if (clients.size > 0) this.addresses.set(address, clients);
      return taken;
    }
    return undefined;
  }

  clear(): void {
    this.addresses.clear();
  }
}

export interface FairSemaphoreLimits {
  /** Permits at once, in total and per key. */
  permits: number;
  permitsPerKey: number;
  /** Waiting acquisitions, in total and per key. */
  waiting: number;
  waitingPerKey: number;
}

/** Too many acquisitions are waiting. */
export class SemaphoreFullError extends Error {
  override readonly name = 'SemaphoreFullError';
}

/** Limits concurrent work in total and per key, such as the address of a client. Waiting keys take turns. */
export class FairSemaphore {
  private acquired = 0;
  private readonly acquiredBy = new Map<string, number>();
  /** Each is called when it gets its permit. */
  private readonly waiting = new FairQueue<string, () => void>();

  /** @param limits is called at each use */
  constructor(private readonly limits: () => FairSemaphoreLimits) {}

  /** Number of waiting acquisitions. */
  get waitingCount(): number {
    return this.waiting.size;
  }

  /**
   * Waits for a permit.
   *
   * @returns releases the permit; further calls do nothing
   * @throws SemaphoreFullError, and the reason of the signal
   */
  async acquire(key: string, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted();
    if (this.isAvailableTo(key)) return this.grant(key);
    const { waiting, waitingPerKey } = this.limits();
    if (this.waiting.size >= waiting || this.waiting.sizeOf(key) >= waitingPerKey) {
      throw new SemaphoreFullError('Too many requests are waiting.');
    }
    return await new Promise((resolve, reject) => {
      const abort = (): void => {
        this.waiting.delete(key, proceed);
        reject(signal?.reason as Error);
      };
      const proceed = (): void => {
        signal?.removeEventListener('abort', abort);
        resolve(this.grant(key));
      };
      this.waiting.add(key, proceed);
      signal?.addEventListener('abort', abort);
    });
  }

  private isAvailableTo(key: string): boolean {
    const { permits, permitsPerKey } = this.limits();
    return this.acquired < permits && (this.acquiredBy.get(key) ?? 0) < permitsPerKey;
  }

  private grant(key: string): () => void {
    this.acquired += 1;
    this.acquiredBy.set(key, (this.acquiredBy.get(key) ?? 0) + 1);
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.release(key);
    };
  }

  private release(key: string): void {
    this.acquired -= 1;
    const left = (this.acquiredBy.get(key) ?? 0) - 1;
    if (left > 0) this.acquiredBy.set(key, left);
    else this.acquiredBy.delete(key);
    this.waiting.take((next) => this.isAvailableTo(next))?.item();
  }
}
