import { Injectable } from '@nestjs/common';
import { TokenBucket } from '../../platform/async/index.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';

/** Before the rate is looked at again: milliseconds. */
const RATE_CHECK_MS = 20;

/** What all sockets of the feed together may send in a second, and may have unsent. */
@Injectable()
export class SendBudget {
  private readonly rate: TokenBucket;
  private unsent = 0;
  private readonly unsentOf = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  /** Is called when there may be room again after there was none. */
  onRoom: () => void = () => undefined;

  constructor(
    private readonly limits: FeedLimits,
    private readonly metrics: FeedMetrics,
  ) {
    const { sentBytesPerS } = limits;
    this.rate = new TokenBucket(sentBytesPerS, sentBytesPerS, performance.now());
  }

  /** Bytes that wait for clients to take them. */
  get unsentBytes(): number {
    return this.unsent;
  }

  /** Whether so much waits for all clients, or those of the address, that these get nothing. */
  isFullFor(address: string): boolean {
    const { unsentBytesOfAll, unsentBytesOfAddress } = this.limits;
    return this.unsent >= unsentBytesOfAll || (this.unsentOf.get(address) ?? 0) >= unsentBytesOfAddress;
  }

  /** Whether a frame may be sent there now; where not, `onRoom` is called later. */
  maySend(address: string): boolean {
    if (this.isFullFor(address)) {
      this.metrics.heldBack('unsent');
      return false;
    }
    if (this.rate.tryAcquire(performance.now(), 0)) return true;
    if (this.timer === undefined) {
      this.metrics.heldBack('rate');
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.onRoom();
      }, RATE_CHECK_MS).unref();
    }
    return false;
  }

  sending(address: string, bytes: number): void {
    this.unsent += bytes;
    this.unsentOf.set(address, (this.unsentOf.get(address) ?? 0) + bytes);
    this.rate.use(bytes);
  }

  /** They were taken, or the socket is gone. */
  taken(address: string, bytes: number): void {
    const wasFull = this.isFullFor(address);
    this.unsent -= bytes;
    const left = (this.unsentOf.get(address) ?? 0) - bytes;
    if (left > 0) this.unsentOf.set(address, left);
    else this.unsentOf.delete(address);
    if (wasFull && !this.isFullFor(address)) this.onRoom();
  }
}
