import type { Hardware } from '../nodes/node-profile.js';
import { Random } from '../random/random.js';
import type { Scenario } from '../scenarios/scenario.js';

/**
 * Machines that differ from others by skewed clocks and slow hardware. They have separate random numbers, so that
 * everything else stays the same.
 */
export class MachineDifferences {
  constructor(
    private readonly scenario: Scenario,
    private readonly seed: number,
  ) {}

  /** @param host the index of its host */
  apply(host: number, hardware: Hardware): Hardware {
    const { clocks, slowHardware } = this.scenario;
    const clock = new Random(this.seed, 'skewed', host);
    const speed = new Random(this.seed, 'slow', host);
    const { share, ms } = clocks.skewed;
    const skewed = clock.chance(share);
    const sign = clock.chance(0.5) ? 1 : -1;
    const [slowest, fastest] = slowHardware.speed;
    return {
      ...hardware,
      ...(skewed ? { clockSkewMs: sign * clock.between(...ms) } : {}),
      ...(speed.chance(slowHardware.share)
        ? { speed: slowest + (fastest - slowest) * speed.fraction() }
        : {}),
    };
  }
}
