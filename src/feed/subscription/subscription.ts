import type { CacheEntry } from '../cache/cache-entry.js';
import type { Frame } from './frame.js';

/** A subscriber was too slow: what it had not got yet is no longer in the cache. */
export class BehindError extends Error {
  override readonly name = 'BehindError';
}

/** What a socket has to send of one of its subscriptions. */
export interface Sending {
  readonly isOpen: boolean;
  /** It ended by itself; what it still has to send is sent. */
  readonly hasEnded?: boolean;
  /** Says that there may be something to send. */
  wake(): void;
  /** What is to be sent next; undefined where nothing is for now. @throws BehindError */
  next(): Pick<Frame, 'data' | 'rows'> | undefined;
  end(): void;
}

/** What one socket gets of one pair. It has a place in the cache and no queue of its own. */
export abstract class Subscription implements Sending {
  private open = true;

  /** @param onNews is called when there may be something to send */
  constructor(
    protected readonly entry: CacheEntry,
    private readonly onNews: (subscription: Sending) => void,
  ) {
    entry.add(this);
  }

  get isOpen(): boolean {
    return this.open;
  }

  wake(): void {
    this.onNews(this);
  }

  /**
   * What is to be sent next; undefined where nothing is for now.
   *
   * @throws BehindError
   */
  abstract next(): Pick<Frame, 'data' | 'rows'> | undefined;

  end(): void {
    this.open = false;
    this.entry.remove(this);
  }
}
