import { Injectable } from '@nestjs/common';

/** The clocks of this process: milliseconds. */
export abstract class LocalClock {
  /** Since the epoch, as messages are stamped when they arrive. It may be wrong, and may be set. */
  abstract wallMs(): number;

  /** Since any moment. It never jumps. */
  abstract monotonicMs(): number;
}

@Injectable()
export class SystemClock extends LocalClock {
  override wallMs(): number {
    return Date.now();
  }

  override monotonicMs(): number {
    return performance.now();
  }
}
