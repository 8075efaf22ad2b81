import { Injectable, Logger } from '@nestjs/common';

/** An outage begins with this many failed attempts in a row. */
const FAILURES = 3;

/** Where an attempt to deliver a batch failed. */
export type DeliveryStep = 'database' | 'sink' | 'journal';

const TEXTS: Record<
  DeliveryStep,
  { begins: (reason: string) => string; ends: (seconds: string) => string } | null
> = {
  // DatabaseWatch logs outages of the database.
  database: null,
  sink: {
    begins: (reason) => `Writes to a secondary sink are failing and will be retried: ${reason}`,
    ends: (seconds) => `Writes to secondary sinks succeed again, after ${seconds} s.`,
  },
  journal: {
    begins: (reason) => `Reads from the journal are failing and will be retried: ${reason}`,
    ends: (seconds) => `Reads from the journal succeed again, after ${seconds} s.`,
  },
};

/** Logs the beginning and the end of an outage, once each, rather than every failed attempt. */
@Injectable()
export class Outage {
  private readonly logger = new Logger('Delivery');
  private readonly failures: Record<DeliveryStep, number> = { database: 0, sink: 0, journal: 0 };
  private readonly since: Record<DeliveryStep, number | undefined> = {
    database: undefined,
    sink: undefined,
    journal: undefined,
  };

  failed(where: DeliveryStep, error: unknown): void {
    this.failures[where] += 1;
    this.logger.debug(`An attempt to deliver a batch failed and will be retried: ${String(error)}`);
    if (this.failures[where] < FAILURES || this.since[where] !== undefined) return;
    this.since[where] = Date.now();
    const text = TEXTS[where]?.begins(String(error));
    if (text !== undefined) this.logger.warn(text);
  }

  succeeded(where: DeliveryStep): void {
    this.failures[where] = 0;
    const since = this.since[where];
    if (since === undefined) return;
    this.since[where] = undefined;
    const text = TEXTS[where]?.ends(Math.round((Date.now() - since) / 1000).toString());
    if (text !== undefined) this.logger.log(text);
  }

  isOn(where: DeliveryStep): boolean {
    return this.since[where] !== undefined;
  }
}
