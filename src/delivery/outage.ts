import { Injectable, Logger } from '@nestjs/common';

/** An outage is spoken of once this many attempts in a row have failed. */
const ATTEMPTS = 3;

/** What does not do its part: the database that is to take batches, a sink beside it, or the journal that they are read from. */
export type OutageOf = 'database' | 'sink' | 'journal';

const WORDS: Record<OutageOf, { begins: (why: string) => string; ends: (seconds: string) => string }> = {
  database: {
    begins: (why) => `The database takes no batches, they wait for it: ${why}`,
    ends: (seconds) => `The database takes batches again, after ${seconds} s.`,
  },
  sink: {
    begins: (why) => `A sink takes no batches, they wait for it: ${why}`,
    ends: (seconds) => `Every sink takes batches again, after ${seconds} s.`,
  },
  journal: {
    begins: (why) => `A batch cannot be read from the journal for now, and is tried again: ${why}`,
    ends: (seconds) => `Batches can be read from the journal again, after ${seconds} s.`,
  },
};

/** Says once when batches do not get on, and why, and once when they do again. */
@Injectable()
export class Outage {
  private readonly logger = new Logger('Delivery');
  private readonly failures: Record<OutageOf, number> = { database: 0, sink: 0, journal: 0 };
  private readonly since: Record<OutageOf, number | undefined> = {
    database: undefined,
    sink: undefined,
    journal: undefined,
  };

  failed(what: OutageOf, error: unknown): void {
    this.failures[what] += 1;
    this.logger.debug(`A batch is to be tried again: ${String(error)}`);
    if (this.failures[what] < ATTEMPTS || this.since[what] !== undefined) return;
    this.since[what] = Date.now();
    this.logger.warn(WORDS[what].begins(String(error)));
  }

  /** Whether it has been spoken of, and goes on. */
  isOn(what: OutageOf): boolean {
    return this.since[what] !== undefined;
  }

  succeeded(what: OutageOf): void {
    this.failures[what] = 0;
    const since = this.since[what];
    if (since === undefined) return;
    this.since[what] = undefined;
    this.logger.log(WORDS[what].ends(Math.round((Date.now() - since) / 1000).toString()));
  }
}
