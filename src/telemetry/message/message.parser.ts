import { isAscii, isUtf8 } from 'node:buffer';
import { isObject, openAnyV2, openUsualV2, type Opened } from './envelope.js';
import { findUnstorable, UNSTORABLE_REASONS } from '../../platform/json/index.js';

/** Why a frame cannot be stored as a message; the values of `reason` in `rejected_messages`. */
export const REJECT_REASONS = [
  'invalid_utf8',
  'invalid_json',
  'not_an_object',
  ...UNSTORABLE_REASONS,
] as const;

export type RejectReason = (typeof REJECT_REASONS)[number];

/** A frame is a message that can be stored as it is, or it is not, and why. */
export type ParsedFrame =
  | { kind: 'message'; message: ParsedMessage }
  | { kind: 'rejected'; reason: RejectReason; envelopeId: number | null };

export interface ParsedMessage {
  /** The `id` of the V2 envelope, which names a node on this socket; `null` for the flat envelope. */
  envelopeId: number | null;
  /** The type, if it is a string. */
  msg: string | null;
  /** The flat form as JSON, digit for digit what the node sent. */
  logs: string;
  /** Nearly all messages are ASCII: strings and bytes are made of each other by copying. */
  ascii: boolean;
  /** The payload, parsed: for reading only, since large numbers have lost digits here. */
  fields: Record<string, unknown>;
  /** `ts` as it came (the envelope's, where both have one), if it is a string. */
  ts: string | null;
}

const BYTE_ORDER_MARK = '\ufeff';

/**
 * Reads a WebSocket frame, be it text or binary, in either envelope. Whatever the bytes are, it does not
 * throw, and what it calls a message is accepted by PostgreSQL's jsonb (in a database with UTF-8).
 */
export function parseFrame(data: Buffer): ParsedFrame {
  const ascii = isAscii(data);
  const text = ascii ? data.toString('latin1') : decode(data);
  if (text === null) return rejected('invalid_utf8');
  const opened = open(text);
  if (typeof opened === 'string') return rejected(opened);
  const unstorable = findUnstorable(text);
  if (unstorable !== null) return rejected(unstorable, opened.envelopeId);

  const { envelopeId, fields, logs, ts } = opened;
  const msg = typeof fields.msg === 'string' ? fields.msg : null;
  return { kind: 'message', message: { envelopeId, msg, logs, ascii, fields, ts } };
}

function decode(data: Buffer): string | null {
  if (!isUtf8(data)) return null;
  const text = data.toString('utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function open(text: string): Opened | 'invalid_json' | 'not_an_object' {
  try {
    const usual = openUsualV2(text);
    if (usual !== null) return usual;
  } catch {
    // The form is only likely to be what it seems: let the whole text decide.
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'invalid_json';
  }
  if (!isObject(parsed)) return 'not_an_object';
  const ts = typeof parsed.ts === 'string' ? parsed.ts : null;
  return openAnyV2(text, parsed) ?? { envelopeId: null, fields: parsed, logs: text.trim(), ts };
}

function rejected(reason: RejectReason, envelopeId: number | null = null): ParsedFrame {
  return { kind: 'rejected', reason, envelopeId };
}
