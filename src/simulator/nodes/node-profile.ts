import type { Chain } from '../chain.js';
import type { Envelope } from '../messages/envelope.js';
import { peerId, type Random, ss58Address } from '../random/random.js';
import type { Software } from './software.js';

/** Machine of a process, shared by its nodes. */
export interface Hardware {
  readonly ip: string;
  /** Clock offset in milliseconds; positive: ahead. It changes where the clock is set. */
  clockSkewMs: number;
  /** Its speed as a factor of what others have: of benchmark scores, and a divisor of delays. */
  readonly speed: number;
  readonly utcOffsetMinutes: number;
  readonly sysinfo: SystemInfo;
}

/** `sysinfo` of `system.connected`; memory in bytes. */
interface SystemInfo {
  readonly cpu: string;
  readonly memory: number;
  readonly core_count: number;
  readonly linux_kernel: string;
  readonly linux_distro: string;
  readonly is_virtual_machine: boolean;
}

/** Offsets of clocks. */
interface ClockPlan {
  /** Share of wrong clocks, and their minimum and maximum offset. */
  readonly wrong: { readonly share: number; readonly seconds: readonly [number, number] };
  /** Maximum offset of other clocks. */
  readonly usualMs: number;
}

const UTC_OFFSETS = [0, 0, 0, 60, 120, 330, 540, -300, -480];

/** Makes up a hardware. */
export function createHardware(random: Random, { wrong, usualMs }: ClockPlan): Hardware {
  return {
    ip: `10.${random.between(0, 255)}.${random.between(0, 255)}.${random.between(1, 254)}`,
    clockSkewMs: random.chance(wrong.share)
      ? wrongBy(random, wrong.seconds)
      : random.between(-usualMs, usualMs),
    speed: 1,
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

/** Uniformly distributed logarithm: seconds are as frequent as years. */
function wrongBy(random: Random, [min, max]: readonly [number, number]): number {
  const seconds = min * (max / min) ** random.fraction();
  return Math.round(seconds * 1000) * (random.chance(0.5) ? 1 : -1);
}

/** Properties of a node, constant unless it changes its identity. */
export interface NodeProfile {
  readonly name: string;
  readonly software: Software;
  readonly version: string;
  readonly envelope: Envelope;
  /** Maximum verbosity of the messages that it sends. */
  readonly verbosity: number;
  readonly chain: Chain;
  readonly peerId: string;
  /** Its address as an authority; `undefined` for a node that does not author blocks. */
  readonly authorityId: string | undefined;
  /** Time of its first start, by its own clock: milliseconds since the epoch. */
  readonly startupTime: number;
  /** Its multiaddress. */
  readonly address: string;
  /** Propagation delay of blocks: the number of its class, the median, and the standard deviation of the logarithm. */
  readonly latency: { readonly class: number; readonly medianMs: number; readonly spread: number };
  readonly hardware: Hardware;
  /** It sends no genesis hash, although its build does. */
  readonly withoutGenesis?: boolean;
  /** It reports the height 2^53 - 1 for each block. */
  readonly sendsFalseHeights?: boolean;
}

const FIRST_WORDS = [
  'ancient',
  'brave',
  'clumsy',
  'dapper',
  'erect',
  'fluffy',
  'humble',
  'quiet',
  'spry',
  'wispy',
];
const SECOND_WORDS = [
  'bell',
  'cloud',
  'creator',
  'farm',
  'field',
  'loss',
  'meadow',
  'river',
  'stone',
  'zephyr',
];
const DAY_MS = 86_400_000;

/** Given properties of a new node. */
export interface Place {
  software: Software;
  version: string;
  verbosity: number;
  chain: Chain;
  latency: NodeProfile['latency'];
  hardware: Hardware;
  /** Its number within its socket, from 1. */
  idOnSocket: number;
  /** The order of the keys in the nested envelope. */
  payloadFirst: boolean;
  authority: boolean;
  /** Start of the simulation: milliseconds since the epoch. */
  startAt: number;
}

/** Generates the profile of a node. */
export function createProfile(random: Random, place: Place): NodeProfile {
  const { software, version, verbosity, chain, latency, hardware, idOnSocket, payloadFirst } = place;
  return {
    name: createName(random),
    software,
    version,
    envelope:
      software.envelope === 'flat'
        ? { form: 'flat', slog: software.slog }
        : { form: 'nested', id: idOnSocket, payloadFirst },
    verbosity,
    chain,
    peerId: peerId(random, software.peerIds),
    authorityId: place.authority ? ss58Address(random) : undefined,
    startupTime: place.startAt + hardware.clockSkewMs - random.between(1_000, 30 * DAY_MS),
    address: `/ip4/${hardware.ip}/tcp/${30_332 + idOnSocket}`,
    latency: { ...latency, medianMs: random.logNormal(latency.medianMs, 0.3) / hardware.speed },
    hardware,
  };
}

/**
 * The same program under another name and peer id, as if it had been started now.
 *
 * @param at milliseconds since the epoch
 */
export function renamed(profile: NodeProfile, random: Random, at: number): NodeProfile {
  return {
    ...profile,
    name: createName(random),
    peerId: peerId(random, profile.software.peerIds),
    startupTime: at + profile.hardware.clockSkewMs,
  };
}

function createName(random: Random): string {
  const number = random.between(0, 9999).toString().padStart(4, '0');
  return `${random.pick(FIRST_WORDS)}-${random.pick(SECOND_WORDS)}-${number}`;
}
