import { Injectable, Logger } from '@nestjs/common';
import { OutageLog } from '../platform/async/index.js';

/** Attempts in a row that fail before an outage is logged. */
const ATTEMPTS = { afterFailures: 3 };

/** The outages that stop batches: of the database, of a sink beside it, and of the journal that they are read from. */
@Injectable()
export class Outages {
  private readonly logger = new Logger('Delivery');

  readonly database = new OutageLog(
    this.logger,
    {
      begins: (reason) => `The database takes no batches, they wait for it: ${reason}`,
      ends: (seconds) => `The database takes batches again, after ${seconds} s.`,
    },
    ATTEMPTS,
  );
  readonly sink = new OutageLog(
    this.logger,
    {
      begins: (reason) => `A sink takes no batches, they wait for it: ${reason}`,
      ends: (seconds) => `Every sink takes batches again, after ${seconds} s.`,
    },
    ATTEMPTS,
  );
  readonly journal = new OutageLog(
    this.logger,
    {
      begins: (reason) => `A batch cannot be read from the journal for now, and is tried again: ${reason}`,
      ends: (seconds) => `Batches can be read from the journal again, after ${seconds} s.`,
    },
    ATTEMPTS,
  );
}
