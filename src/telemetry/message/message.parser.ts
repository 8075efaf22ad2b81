import { isAscii, isUtf8 } from 'node:buffer';
import { isObject, unwrapAnyEnvelope, unwrapUsualEnvelope, type Unwrapped } from './envelope.js';
import { findUnstorable, type UnstorableReason } from '../../platform/json/index.js';

/** Why a frame cannot be stored as a message; the values of `reason` in `rejected_messages`. */
type RejectReason = 'invalid_utf8' | 'invalid_json' | 'not_an_object' | UnstorableReason;

/** A frame: a message that can be stored, or the reason why it cannot. */
export type ParsedFrame =
  | { kind: 'message'; message: ParsedMessage }
  | { kind: 'rejected'; reason: RejectReason; envelopeId: number | null };

export interface ParsedMessage {
  /** The `id` of the envelope, which identifies a node on its socket; `null` for the flat form. */
  envelopeId: number | null;
  /** The type, if it is a string. */
  msg: string | null;
  /** The flat form as JSON, with the digits that the node sent. */
  logs: string;
  /** Whether `logs` is ASCII, as nearly all messages are: its bytes are copied without encoding. */
  ascii: boolean;
  /** The payload, parsed. Large numbers have lost digits, so it is not stored. */
  fields: Record<string, unknown>;
  /** `ts` as it was sent, of the envelope if both have one; `null` if it is no string. */
  ts: string | null;
}

const BYTE_ORDER_MARK = '\ufeff';

/**
 * Parses a text or binary WebSocket frame, as the envelope `{id, ts, payload}` or in the flat form. Does not throw. PostgreSQL's jsonb accepts
 * each message that it returns (in a database with UTF-8).
 */
export function parseFrame(data: Buffer): ParsedFrame {
  const ascii = isAscii(data);
  const text = ascii ? data.toString('latin1') : decode(data);
  if (text === null) return rejected('invalid_utf8');
  const unwrapped = unwrap(text);
  if (typeof unwrapped === 'string') return rejected(unwrapped);
  const unstorable = findUnstorable(text);
  if (unstorable !== null) return rejected(unstorable, unwrapped.envelopeId);

  const { envelopeId, fields, logs, ts } = unwrapped;
  const msg = typeof fields.msg === 'string' ? fields.msg : null;
  return { kind: 'message', message: { envelopeId, msg, logs, ascii, fields, ts } };
}

function decode(data: Buffer): string | null {
  if (!isUtf8(data)) return null;
  const text = data.toString('utf8');
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
}

function unwrap(text: string): Unwrapped | 'invalid_json' | 'not_an_object' {
  try {
    const usual = unwrapUsualEnvelope(text);
    if (usual !== null) return usual;
  } catch {
    // It only looked like a usual form.
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'invalid_json';
  }
  if (!isObject(parsed)) return 'not_an_object';
  const ts = typeof parsed.ts === 'string' ? parsed.ts : null;
  return unwrapAnyEnvelope(text, parsed) ?? { envelopeId: null, fields: parsed, logs: text.trim(), ts };
}

function rejected(reason: RejectReason, envelopeId: number | null = null): ParsedFrame {
  return { kind: 'rejected', reason, envelopeId };
}
