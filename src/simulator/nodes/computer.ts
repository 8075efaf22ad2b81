import type { Random } from '../random/random.js';

/** What the nodes of one process share. */
export interface Computer {
  readonly ip: string;
  /** Milliseconds by which its clock is ahead. */
  readonly clockSkewMs: number;
  readonly utcOffsetMinutes: number;
  readonly sysinfo: SystemInfo;
}

/** `sysinfo` of `system.connected`; memory in bytes. */
export interface SystemInfo {
  readonly cpu: string;
  readonly memory: number;
  readonly core_count: number;
  readonly linux_kernel: string;
  readonly linux_distro: string;
  readonly is_virtual_machine: boolean;
}

export interface ClockPlan {
  /** The share of clocks that are wrong. */
  readonly share: number;
  /** By how much: the least and the most. */
  readonly seconds: readonly [number, number];
}

const UTC_OFFSETS = [0, 0, 0, 60, 120, 330, 540, -300, -480];
/** What the other clocks are off by at most. */
const USUAL_SKEW_MS = 300;

/** Makes up a computer. */
export function createComputer(random: Random, clocks: ClockPlan): Computer {
  return {
    ip: `10.${random.between(0, 255)}.${random.between(0, 255)}.${random.between(1, 254)}`,
    clockSkewMs: random.chance(clocks.share) ? wrongBy(random, clocks.seconds) : usualSkew(random),
    utcOffsetMinutes: random.pick(UTC_OFFSETS),
    sysinfo: {
      cpu: random.pick(['AMD EPYC 7543P 32-Core Processor', 'Intel(R) Xeon(R) E-2386G CPU @ 3.50GHz']),
      memory: random.pick([16, 32, 64, 128]) * 1024 ** 3 - random.between(0, 2 ** 29),
      core_count: random.pick([4, 6, 8, 16]),
      linux_kernel: random.pick(['5.15.0-112-generic', '6.1.0-21-amd64', '6.8.0-45-generic']),
      linux_distro: random.pick([
        'Ubuntu 22.04.4 LTS',
        'Debian GNU/Linux 12 (bookworm)',
        'Ubuntu 24.04.1 LTS',
      ]),
      is_virtual_machine: random.chance(0.5),
    },
  };
}

function usualSkew(random: Random): number {
  return random.between(-USUAL_SKEW_MS, USUAL_SKEW_MS);
}

/** Seconds as often as years: the logarithm is spread evenly. */
function wrongBy(random: Random, [min, max]: readonly [number, number]): number {
  const seconds = min * (max / min) ** random.fraction();
  return Math.round(seconds * 1000) * (random.chance(0.5) ? 1 : -1);
}
