import type { Chain } from '../chain.js';
import type { Envelope } from '../messages/envelope.js';
import { peerId, type Random, ss58Address } from '../random/random.js';
import type { Software } from './software.js';

/** What the nodes of one process share. */
interface Hardware {
  readonly ip: string;
  /** Milliseconds by which its clock is ahead. */
  readonly clockSkewMs: number;
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

interface ClockPlan {
  /** The share of clocks that are wrong. */
  readonly share: number;
  /** By how much: the least and the most. */
  readonly seconds: readonly [number, number];
}

const UTC_OFFSETS = [0, 0, 0, 60, 120, 330, 540, -300, -480];
/** What the other clocks are off by at most. */
const USUAL_SKEW_MS = 300;

/** Makes up a hardware. */
export function createHardware(random: Random, clocks: ClockPlan): Hardware {
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

/** What stays the same about a node, unless it says that it is another one. */
export interface NodeProfile {
  readonly name: string;
  readonly software: Software;
  readonly version: string;
  readonly envelope: Envelope;
  /** What it sends: only types of messages of this verbosity or a lower one. */
  readonly verbosity: number;
  readonly chain: Chain;
  readonly peerId: string;
  /** Its address as an authority; `undefined` for a node that does not make blocks. */
  readonly authorityId: string | undefined;
  /** When it first started: milliseconds since the epoch, by its own clock. */
  readonly startupTime: number;
  /** The multiaddress that others reach it at. */
  readonly address: string;
  /** How blocks come to it: the median of the time that they take, and the deviation of the logarithm. */
  readonly latency: { readonly medianMs: number; readonly spread: number };
  readonly hardware: Hardware;
  /** It sends no genesis hash, whatever its build does. */
  readonly withoutGenesis?: boolean;
  /** It says that each of its blocks has the height 2^53 - 1. */
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

/** Where a node is, and what is settled about it already. */
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
  /** When the simulation begins: milliseconds since the epoch. */
  startAt: number;
}

/** Makes up a node. */
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
    latency: { medianMs: random.logNormal(latency.medianMs, 0.3), spread: latency.spread },
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
