import type { Chain } from './chain.js';
import type { Envelope } from './envelope.js';
import { peerId, ss58Address } from './identifiers.js';
import type { Random } from './random.js';
import type { Software } from './software.js';

/** What stays the same about a node for as long as it runs. */
export interface NodeProfile {
  readonly name: string;
  readonly software: Software;
  readonly version: string;
  readonly envelope: Envelope;
  readonly chain: Chain;
  readonly peerId: string;
  /** Its address as an authority; `undefined` for a node that does not make blocks. */
  readonly authorityId: string | undefined;
  /** Milliseconds since the epoch, by its own clock. */
  readonly startupTime: number;
  /** The multiaddress that others reach it at. */
  readonly address: string;
  readonly computer: Computer;
}

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
const UTC_OFFSETS = [0, 0, 0, 60, 120, 330, 540, -300, -480];
const DAY = 86_400_000;

interface Place {
  software: Software;
  version: string;
  chain: Chain;
  computer: Computer;
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
  const { software, version, chain, computer, idOnSocket, payloadFirst } = place;
  const number = random.between(0, 9999).toString().padStart(4, '0');
  return {
    name: `${random.pick(FIRST_WORDS)}-${random.pick(SECOND_WORDS)}-${number}`,
    software,
    version,
    envelope:
      software.envelope === 'flat' ? { form: 'flat' } : { form: 'nested', id: idOnSocket, payloadFirst },
    chain,
    peerId: peerId(random, software.peerIds),
    authorityId: place.authority ? ss58Address(random) : undefined,
    startupTime: place.startAt - random.between(1_000, 30 * DAY),
    address: `/ip4/${computer.ip}/tcp/${30_332 + idOnSocket}`,
    computer,
  };
}

/** Makes up a computer. */
export function createComputer(random: Random): Computer {
  return {
    ip: `10.${random.between(0, 255)}.${random.between(0, 255)}.${random.between(1, 254)}`,
    clockSkewMs: random.between(-300, 300),
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
