import { type NodeIdentity, REPORTED_FIELDS, type ReportedKind } from '../../storage/index.js';
import { isObject } from './envelope.js';
import { copyText, membersOf } from '../../platform/json/index.js';
import type { ParsedMessage } from './message.parser.js';

/** The peer id is indexed. Real ones have some fifty characters. */
export const MAX_PEER_ID_LENGTH = 128;

/** Characters of a name, version and similar text in a connection's row. */
export const MAX_TEXT_LENGTH = 512;
const MAX_OBJECT_LENGTH = 16_384;

/** The last millisecond that a Date can hold. */
const MAX_TIME_MS = 8_640_000_000_000_000;

/** NUL and lone surrogates, which PostgreSQL rejects. */
const UNSTORABLE = /[\0\p{Cs}]/u;

const HASH = /^0x[\da-f]{64}$/i;

/** Reads a field by its kind: `null` for a wrong type. */
const READ: Readonly<
  Record<ReportedKind, (value: unknown, name: string, message: ParsedMessage) => unknown>
> = {
  peerId,
  text,
  hash,
  flag: bool,
  time,
  object: (value, name, message) => (isObject(value) ? textOfObject(name, message) : null),
};

/**
 * The identity of a node in a `system.connected`; `null` for other messages. Fields of a wrong type are null. Texts are
 * copies: they live as long as the connection, and must not keep the message in memory.
 */
export function readIdentity(message: ParsedMessage): NodeIdentity | null {
  if (message.msg !== 'system.connected') return null;
  const { fields } = message;
  return Object.fromEntries(
    REPORTED_FIELDS.map(({ key, messageField: name, kind }) => [
      key,
      ownValue(READ[kind](fields[name], name, message)),
    ]),
  ) as unknown as NodeIdentity;
}

function ownValue(value: unknown): unknown {
  return typeof value === 'string' ? copyText(value) : value;
}

/**
 * The peer id in a network state, for the oldest nodes, whose `system.connected` has none. Slow where the state is JSON in a
 * string: to be called only while the peer id is unknown.
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
  // The parser checked the message, but not JSON inside one of its strings.
  return UNSTORABLE.test(value) ? null : copyText(value);
}

/** Truncated, since the row is written repeatedly. The message itself is stored whole. */
function text(value: unknown): string | null {
  return typeof value === 'string' ? truncate(value, MAX_TEXT_LENGTH) : null;
}

/** A hash of 32 bytes; `null` for any other text. */
function hash(value: unknown): string | null {
  return typeof value === 'string' && HASH.test(value) ? value.toLowerCase() : null;
}

/** With the digits that the node sent. */
function textOfObject(name: string, { logs }: ParsedMessage): string | null {
  const json = membersOf(logs).get(name)?.value ?? null;
  return json !== null && json.length <= MAX_OBJECT_LENGTH ? json : null;
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

/** The first code points of a text, so that no surrogate pair is split. */
function truncate(text: string, characters: number): string {
  if (text.length <= characters) return text;
  return Array.from(text.slice(0, 2 * characters))
    .slice(0, characters)
    .join('');
}
