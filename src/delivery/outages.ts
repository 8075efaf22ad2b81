import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from '../platform/async/index.js';

/** Failures in a row before an outage begins. */
const FAILURES = { afterFailures: 3 };

/** Outages of the steps that deliver a batch: reading it from the journal, PostgreSQL, and secondary sinks. */
@Injectable()
export class Outages {
  private readonly logger = new Logger('Delivery');

  /** Not logged: DatabaseWatch does. */
  readonly database = new OutageLog(this.logger, {}, FAILURES);
  readonly sink = new OutageLog(
    this.logger,
    {
      begins: (reason) => `Writes to a secondary sink are failing and will be retried: ${reason}`,
      ends: (seconds) => `Writes to secondary sinks succeed again, after ${seconds} s.`,
    },
    FAILURES,
  );
  readonly journal = new OutageLog(
    this.logger,
    {
      begins: (reason) => `Reads from the journal are failing and will be retried: ${reason}`,
      ends: (seconds) => `Reads from the journal succeed again, after ${seconds} s.`,
    },
    FAILURES,
  );
}
