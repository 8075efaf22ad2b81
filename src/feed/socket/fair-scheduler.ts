import { Injectable } from '@nestjs/common';
import { type AddressedClient, FairQueueByAddress, TokenBucket } from '../../platform/async/index.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics } from '../feed.metrics.js';

/** Until the rate limit is checked again: milliseconds. */
const RATE_CHECK_MS = 20;

/** Limits of all sockets together: bytes sent in a second, and bytes that clients have not read yet. */
@Injectable()
export class SendLimit {
  private readonly rate: TokenBucket;
  private unsent = 0;
  private readonly unsentOf = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  /** Called when frames may be sent again after {@link maySend} returned false. */
  onAvailable: () => void = () => undefined;

  constructor(
    private readonly limits: FeedLimits,
    private readonly metrics: FeedMetrics,
  ) {
    const { sentBytesPerS } = limits;
    this.rate = new TokenBucket(sentBytesPerS, sentBytesPerS, performance.now());
  }

  /** Bytes that clients have not read yet. */
  get unsentBytes(): number {
    return this.unsent;
  }

  /** Whether the unsent bytes of all clients, or of those of an address, have reached their limit. */
  isFullFor(address: string): boolean {
    const { unsentBytesOfAll, unsentBytesOfAddress } = this.limits;
    return this.unsent >= unsentBytesOfAll || (this.unsentOf.get(address) ?? 0) >= unsentBytesOfAddress;
  }

  /** Whether a frame may be sent to an address now; if not, `onAvailable` is called later. */
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
        this.onAvailable();
      }, RATE_CHECK_MS).unref();
    }
    return false;
  }

  sending(address: string, bytes: number): void {
    this.unsent += bytes;
    this.unsentOf.set(address, (this.unsentOf.get(address) ?? 0) + bytes);
    this.rate.use(bytes);
  }

  /** The bytes were sent, or their socket has ended. */
  sent(address: string, bytes: number): void {
    const wasFull = this.isFullFor(address);
    this.unsent -= bytes;
    const left = (this.unsentOf.get(address) ?? 0) - bytes;
    if (left > 0) this.unsentOf.set(address, left);
    else this.unsentOf.delete(address);
    if (wasFull && !this.isFullFor(address)) this.onAvailable();
  }
}

/** The result of a step: nothing more to do for now, more to do, or something to send once the limit allows it. */
export type StepResult = 'done' | 'more' | 'limited';

export interface ScheduledSocket extends AddressedClient {
  /** Processes one frame, of the client or for it. */
  step(): StepResult;
}

/**
 * Shares the time of the event loop among the sockets of the feed: one frame at a time, by address and then by socket.
 * Each round of the event loop spends `sliceMs` on them, so that nodes and HTTP are served in time however many sockets
 * have something to do.
 */
@Injectable()
export class FairScheduler {
  private readonly queue = new FairQueueByAddress<ScheduledSocket, ScheduledSocket>();
  private readonly limited = new Set<ScheduledSocket>();
  private isScheduled = false;

  constructor(
    private readonly limits: FeedLimits,
    sendLimit: SendLimit,
  ) {
    sendLimit.onAvailable = () => this.requeueLimited();
  }

  /** Schedules a step. Updates that arrive before it is run are sent in one frame. */
  add(socket: ScheduledSocket): void {
    if (this.limited.has(socket)) this.limited.delete(socket);
    this.queue.add(socket, socket);
    this.schedule();
  }

  private requeueLimited(): void {
    for (const socket of this.limited) this.queue.add(socket, socket);
    this.limited.clear();
    this.schedule();
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      this.run();
    });
  }

  private run(): void {
    const until = performance.now() + this.limits.sliceMs;
    do {
      const socket = this.queue.take()?.item;
      if (socket === undefined) return;
      const result = socket.step();
      if (result === 'more') this.queue.add(socket, socket);
      else if (result === 'limited') this.limited.add(socket);
    } while (performance.now() < until);
    this.schedule();
  }
}
