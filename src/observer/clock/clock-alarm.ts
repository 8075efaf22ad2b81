import { Injectable, Logger } from '@nestjs/common';
import { CLOCK_OFF_MS } from '../../storage/index.js';

/** Logs once that the clock of this machine is wrong, and once that it is right again. */
@Injectable()
export class ClockAlarm {
  private readonly logger = new Logger('Clock');
  private isOff = false;

  /** @param offsetMs by which our clock is ahead of the database's */
  offsetIs(offsetMs: number): void {
    const isOff = Math.abs(offsetMs) > CLOCK_OFF_MS;
    if (isOff === this.isOff) return;
    this.isOff = isOff;
    if (isOff) {
      const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
      const way = offsetMs > 0 ? 'ahead of' : 'behind';
      this.logger.error(
        `The clock of this machine is ${seconds} s ${way} the database's. This server does not purge until both agree. ` +
          "Messages are stamped by the database's clock meanwhile.",
      );
    } else {
      this.logger.log(
        "The clock of this machine agrees with the database's again. This server purges again.",
      );
    }
  }
}
