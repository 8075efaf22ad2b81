import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import { TokenBucket } from '../../platform/async/index.js';

/** New sockets of nodes: `TELEMETRY_MAX_CONNECTIONS_PER_S`, and as many at once as come in a second. */
@Injectable()
export class NewSocketsBudget {
  /** Undefined is no bound. */
  private readonly bucket: TokenBucket | undefined;

  constructor({ TELEMETRY_MAX_CONNECTIONS_PER_S: perSecond }: Settings) {
    if (perSecond > 0) this.bucket = new TokenBucket(perSecond, perSecond, 0);
  }

  /** @returns whether there is room for one more, which is then taken */
  spend(now = performance.now()): boolean {
    return this.bucket?.tryAcquire(now) ?? true;
  }
}
