import { Logger } from '@nestjs/common';
import type { FeedFreshness } from '../freshness.js';

/** Says once when something of the feed is not kept up to date, and why, and once when it is again. */
export class FeedOutage {
  private readonly logger = new Logger('Feed');
  private since: Date | undefined;

  /** @param what cannot be read meanwhile: several parts of the feed read for themselves */
  constructor(
    private readonly what: string,
    private readonly freshness: Pick<FeedFreshness, 'set'>,
  ) {}

  failed(error: unknown): void {
    this.logger.debug(`The live feed will retry reading ${this.what}: ${String(error)}`);
    if (this.since !== undefined) return;
    this.since = new Date();
    this.freshness.set(this.what, this.since);
    this.logger.warn(`The live feed is stale: ${this.what} cannot be read, retrying: ${String(error)}`);
  }

  succeeded(): void {
    if (this.since === undefined) return;
    const seconds = Math.round((Date.now() - this.since.getTime()) / 1000).toString();
    this.since = undefined;
    this.freshness.set(this.what, undefined);
    this.logger.log(`The live feed is up to date again with ${this.what}, after ${seconds} s.`);
  }
}
