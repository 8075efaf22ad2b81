import { Logger } from '@nestjs/common';

/** Says once when the cache is not kept up to date, and why, and once when it is again. */
export class FeedOutage {
  private readonly logger = new Logger('Feed');
  private since: number | undefined;

  failed(error: unknown): void {
    this.logger.debug(`The cache of the live feed is to be read again: ${String(error)}`);
    if (this.since !== undefined) return;
    this.since = Date.now();
    this.logger.warn(`The live feed waits for the database: ${String(error)}`);
  }

  succeeded(): void {
    if (this.since === undefined) return;
    const seconds = Math.round((Date.now() - this.since) / 1000).toString();
    this.since = undefined;
    this.logger.log(`The live feed goes on, after ${seconds} s.`);
  }
}
