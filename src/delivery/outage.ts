import { Injectable, Logger } from '@nestjs/common';

/** An outage is spoken of once this many attempts in a row have failed. */
const ATTEMPTS = 3;

/** Says once when the database stops taking batches, and once when it goes on. */
@Injectable()
export class Outage {
  private readonly logger = new Logger('Delivery');
  private failures = 0;
  private since: number | undefined;

  /** The database takes nothing for now. */
  get lasts(): boolean {
    return this.since !== undefined;
  }

  failed(error: unknown): void {
    this.failures += 1;
    this.logger.debug(`A batch is to be written again: ${String(error)}`);
    if (this.failures < ATTEMPTS || this.since !== undefined) return;
    this.since = Date.now();
    this.logger.warn(`The database takes no batches, they wait for it: ${String(error)}`);
  }

  succeeded(): void {
    this.failures = 0;
    if (this.since === undefined) return;
    const seconds = Math.round((Date.now() - this.since) / 1000);
    this.since = undefined;
    this.logger.log(`The database takes batches again, after ${seconds.toString()} s.`);
  }
}
