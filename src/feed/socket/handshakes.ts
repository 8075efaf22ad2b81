import { HttpException, Injectable, Logger } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { FeedGuard } from '../../platform/access/index.js';
import { addressGroup } from '../../platform/address/index.js';
import { ClientAddresses } from '../../platform/client-address/index.js';
import { FeedLimits } from '../feed-limits.js';
import { FeedMetrics, type HandshakeRefusal } from '../feed.metrics.js';

/** The guard did not decide in time. */
const LATE = Symbol('late');

/** Handshakes of the feed, for which the guard may have to ask elsewhere: bounded in number and in time. */
@Injectable()
export class Handshakes {
  private readonly logger = new Logger('Feed');
  /** The address of each that waits. */
  private readonly waiting = new Map<IncomingMessage, string>();

  constructor(
    private readonly guard: FeedGuard,
    private readonly limits: FeedLimits,
    private readonly addresses: ClientAddresses,
    private readonly metrics: FeedMetrics,
  ) {}

  /**
   * @param isFull whether as many are served as may be, by the time that it is asked
   * @returns the HTTP status to refuse with, or null to let in. Does not throw
   */
  async check(request: IncomingMessage, isFull: () => boolean): Promise<number | null> {
    const address = addressGroup(this.addresses.of(request).address);
    if (this.isCrowded(address)) return this.refuse('crowded', 503);
    this.waiting.set(request, address);
    try {
      const status = await this.decided(request);
      if (status === LATE) return this.refuse('timeout', 503);
      if (status !== null) return this.refuse('refused', status);
      // Others may have come while the guard took its time.
      return isFull() ? this.refuse('full', 503) : null;
    } catch (error) {
      if (error instanceof HttpException) return this.refuse('refused', error.getStatus());
      this.logger.error('The guard of the live feed failed. The handshake was refused.', error);
      return this.refuse('failed', 500);
    } finally {
      this.waiting.delete(request);
    }
  }

  private async decided(request: IncomingMessage): Promise<number | null | typeof LATE> {
    const status = this.guard.checkUpgrade(request);
    if (!(status instanceof Promise)) return status;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<typeof LATE>((resolve) => {
      timer = setTimeout(() => resolve(LATE), this.limits.tokenMs);
      // One that is gone is waited for no longer.
      request.socket.once('close', () => resolve(LATE));
    });
    try {
      return await Promise.race([status, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  private isCrowded(address: string): boolean {
    const { waitingSockets, waitingSocketsOfAddress } = this.limits;
    if (this.waiting.size >= waitingSockets) return true;
    let ofAddress = 0;
    for (const other of this.waiting.values()) if (other === address) ofAddress += 1;
    return ofAddress >= waitingSocketsOfAddress;
  }

  private refuse(reason: HandshakeRefusal, status: number): number {
    this.metrics.handshakeRefused(reason);
    return status;
  }
}
