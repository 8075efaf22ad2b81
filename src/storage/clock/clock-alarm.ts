import { Injectable, Logger } from '@nestjs/common';
import { isOff } from './clock-difference.js';
import type { ClockOffset } from './database-clock.js';

/** Logs once that the clock of this machine is wrong, whoever finds out, and once that it is right again. */
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
      this.logger.log(
        'The system clock agrees with the database clock again. Purging is enabled.',
      );
    }
  }
}
