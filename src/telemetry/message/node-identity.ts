import type { NodeIdentity } from '../connection/connection-snapshot.js';
import { isObject } from './envelope.js';
import { membersOf } from '../../json/index.js';
import { cutText } from './cut-text.js';
import type { ParsedMessage } from './message.parser.js';

/** The peer id is in an index; real ones have some fifty characters. */
export const MAX_PEER_ID_LENGTH = 128;

/** Characters of a name, a version and the like that a connection's row has. */
export const MAX_TEXT_LENGTH = 512;
export const MAX_SYSINFO_LENGTH = 16_384;

/** The last millisecond that a Date can hold. */
const MAX_TIME_MS = 8_640_000_000_000_000;

/** NUL and lone surrogates, which PostgreSQL refuses. */
const UNSTORABLE = /[\0\p{Cs}]/u;

/** What `system.connected` says of its node; `null` for any other message. Wrong types are taken as not said. */
export function readIdentity(message: ParsedMessage): NodeIdentity | null {
  if (message.msg !== 'system.connected') return null;
  const { fields } = message;
  return {
    peerId: peerId(fields.network_id),
    name: text(fields.name),
    chain: text(fields.chain),
    implementation: text(fields.implementation),
    version: text(fields.version),
    config: text(fields.config),
    authority: bool(fields.authority),
    startupTime: time(fields.startup_time),
    genesisHash: text(fields.genesis_hash),
    targetOs: text(fields.target_os),
    targetArch: text(fields.target_arch),
    targetEnv: text(fields.target_env),
    sysinfo: sysinfoOf(message),
  };
}

/**
 * The peer id in a network state, for the oldest nodes, whose `system.connected` has none. It may have to
 * parse a network state inside of a string, so ask only while the peer id is not known.
 */
export function readPeerId(message: ParsedMessage): string | null {
  const { msg, fields } = message;
  if (msg === 'system.network_state') return peerIdOf(fields.state) ?? peerIdOf(fields.network_state);
  return msg === 'system.interval' ? peerIdOf(fields.network_state) : null;
}

function peerIdOf(state: unknown): string | null {
  if (typeof state !== 'string') return isObject(state) ? peerId(state.peerId) : null;
  try {
    const parsed: unknown = JSON.parse(state);
    return isObject(parsed) ? peerId(parsed.peerId) : null;
  } catch {
    return null;
  }
}

function peerId(value: unknown): string | null {
  if (typeof value !== 'string' || value === '' || value.length > MAX_PEER_ID_LENGTH) return null;
  // The message has been checked, but not a text inside of one of its strings.
  return UNSTORABLE.test(value) ? null : value;
}

/** Cut: the row is written again and again while the node is connected. The message itself is kept whole. */
function text(value: unknown): string | null {
  return typeof value === 'string' ? cutText(value, MAX_TEXT_LENGTH) : null;
}

function sysinfoOf(message: ParsedMessage): string | null {
  if (!isObject(message.fields.sysinfo)) return null;
  const json = membersOf(message.logs).get('sysinfo')?.value ?? null;
  return json !== null && json.length <= MAX_SYSINFO_LENGTH ? json : null;
}

function bool(value: unknown): boolean | null {
  if (value === true || value === 'true') return true;
  return value === false || value === 'false' ? false : null;
}

function time(value: unknown): number | null {
  const ms = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : value;
  return Number.isSafeInteger(ms) && (ms as number) >= 0 && (ms as number) <= MAX_TIME_MS
    ? (ms as number)
    : null;
}
