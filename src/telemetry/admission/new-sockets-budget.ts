import { Injectable } from '@nestjs/common';
import { Settings } from '../../config/index.js';

/** New sockets of nodes: `TELEMETRY_MAX_CONNECTIONS_PER_S`, and as many at once as come in a second. */
@Injectable()
export class NewSocketsBudget {
  private readonly perSecond: number;
  private left: number;
  /** By `performance.now()`. */
  private filledAt = 0;

  constructor(settings: Settings) {
    this.perSecond = settings.TELEMETRY_MAX_CONNECTIONS_PER_S;
    this.left = this.perSecond;
  }

  /** @returns whether there is room for one more, which is then taken */
  spend(now = performance.now()): boolean {
    if (this.perSecond === 0) return true;
    this.left = Math.min(this.perSecond, this.left + ((now - this.filledAt) / 1000) * this.perSecond);
    this.filledAt = now;
    if (this.left < 1) return false;
    this.left -= 1;
    return true;
  }
}
