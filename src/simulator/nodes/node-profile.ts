import type { Chain } from '../chain/chain.js';
import type { Envelope } from '../messages/envelope.js';
import { peerId, ss58Address } from '../random/identifiers.js';
import type { Random } from '../random/random.js';
import type { Computer } from './computer.js';
import type { Software } from './software.js';

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
  readonly computer: Computer;
  /** It sends no genesis hash, whatever its build does. */
  readonly withoutGenesis?: boolean;
  /** It says that each of its blocks has the height 2^53 - 1. */
  readonly isLiar?: boolean;
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
  const { software, version, verbosity, chain, latency, computer, idOnSocket, payloadFirst } = place;
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
    startupTime: place.startAt + computer.clockSkewMs - random.between(1_000, 30 * DAY_MS),
    address: `/ip4/${computer.ip}/tcp/${30_332 + idOnSocket}`,
    latency: { medianMs: random.logNormal(latency.medianMs, 0.3), spread: latency.spread },
    computer,
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
    startupTime: at + profile.computer.clockSkewMs,
  };
}

function createName(random: Random): string {
  const number = random.between(0, 9999).toString().padStart(4, '0');
  return `${random.pick(FIRST_WORDS)}-${random.pick(SECOND_WORDS)}-${number}`;
}
