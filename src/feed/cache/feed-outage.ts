import { Logger } from '@nestjs/common';
import { OutageLog } from '../../platform/async/index.js';
import type { FeedFreshness } from '../freshness.js';

/** Says once when something of the feed is not kept up to date, and why, and once when it is again. */
export class FeedOutage {
  private readonly logger = new Logger('Feed');
  private readonly outage: OutageLog;

  /** @param what cannot be read meanwhile: several parts of the feed read for themselves */
  constructor(
    private readonly what: string,
    private readonly freshness: Pick<FeedFreshness, 'set'>,
  ) {
    this.outage = new OutageLog(this.logger, {
      begins: (reason) => `The live feed waits for the database: ${what} cannot be read, ${reason}`,
      ends: (seconds) => `The live feed goes on with ${what}, after ${seconds} s.`,
    });
  }

  failed(error: unknown): void {
    this.logger.debug(`The live feed is to read ${this.what} again: ${String(error)}`);
    this.outage.failed(error);
    this.freshness.set(this.what, this.outage.since);
  }

  succeeded(): void {
    this.outage.succeeded();
    this.freshness.set(this.what, undefined);
  }
}
