import type { ClientBase } from 'pg';
import { Injectable, Logger } from '@nestjs/common';
import { CLOCK_OFF_MS } from '../schema/index.js';
import {
  type ClockOffset,
  type ClockReading,
  DatabaseClock,
  type LocalClock,
  SystemClock,
} from './database-clock.js';

/**
 * Measures the database's clock without a {@link DatabaseClock}.
 *
 * @throws errors of the database
 */
export function readClocks(client: ClientBase, local: LocalClock = new SystemClock()): Promise<ClockReading> {
  return new DatabaseClock(local).measure(client);
}

/** The minimum offset of a clock, without the error of the measurement: milliseconds, >= 0. */
export function minOffsetMs({ offsetMs, errorMs }: ClockOffset): number {
  return Math.max(0, Math.abs(offsetMs) - errorMs);
}

/** Whether a clock is off by more than a minute, so that its server does not purge and logs an error. */
export function isOff(offset: ClockOffset): boolean {
  return minOffsetMs(offset) > CLOCK_OFF_MS;
}

/** Logs once that the system clock is wrong, and once that it is right again. */
@Injectable()
export class ClockAlarm {
  private readonly logger = new Logger('Clock');
  private wasOff = false;

  offsetIs(offset: ClockOffset): void {
    const { offsetMs } = offset;
    const off = isOff(offset);
    if (off === this.wasOff) return;
    this.wasOff = off;
    if (off) {
      const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
      const way = offsetMs > 0 ? 'ahead of' : 'behind';
      this.logger.error(
        `The system clock is ${seconds} s ${way} the database clock. Purging is disabled until they agree. ` +
          'Messages get timestamps of the database clock meanwhile.',
      );
    } else {
      this.logger.log('The system clock agrees with the database clock again. Purging is enabled.');
    }
  }
}
