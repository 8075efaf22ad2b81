import { CLOSE_BRACE, membersOf, type MemberText } from '../../platform/json/index.js';

/** A message without its envelope. */
export interface Unwrapped {
  /** The `id` of the envelope; `null` for the flat form. */
  envelopeId: number | null;
  fields: Record<string, unknown>;
  /** The flat form, as it is stored. */
  logs: string;
  ts: string | null;
}

// The two orders in which nodes write the envelope {id, ts, payload}: as declared, and sorted.
const DECLARED = /^\{"id":(0|[1-9]\d{0,14}),"ts":"([\w.:+-]*)","payload":(?=\{")/;
const SORTED = /^\{"id":(0|[1-9]\d{0,14}),"payload":(?=\{")/;
const SORTED_TAIL = ',"ts":"';
const TS = /^[\w.:+-]*$/;

/**
 * Unwraps the envelope `{id, ts, payload}` in one of its two usual orders, if the payload has no `ts` of its own. The text around the payload is
 * matched exactly: if the payload is JSON, the whole text is, with no other meaning.
 *
 * @returns `null` for any other text
 * @throws SyntaxError for text that is not JSON
 */
export function unwrapUsualEnvelope(text: string): Unwrapped | null {
  if (!text.startsWith('{"id":')) return null;
  let head = SORTED.exec(text);
  if (head === null) {
    head = DECLARED.exec(text);
    if (head === null || !text.endsWith('}}')) return null;
    const ts = head[2] ?? '';
    const payload = text.slice(head[0].length, -1);
    const fields = JSON.parse(payload) as Record<string, unknown>;
    if (fields.ts !== undefined) return null;
    return { envelopeId: Number(head[1]), fields, logs: `${payload.slice(0, -1)},"ts":"${ts}"}`, ts };
  }
  if (!text.endsWith('"}')) return null;
  const tsStart = text.lastIndexOf('"', text.length - 3) + 1;
  const tail = tsStart - SORTED_TAIL.length;
  const ts = text.slice(tsStart, -2);
  if (!text.startsWith(SORTED_TAIL, tail) || text.charCodeAt(tail - 1) !== CLOSE_BRACE || !TS.test(ts)) {
    return null;
  }
  const start = head[0].length;
  const fields = JSON.parse(text.slice(start, tail)) as Record<string, unknown>;
  if (fields.ts !== undefined) return null;
  return { envelopeId: Number(head[1]), fields, logs: text.slice(start, tail - 1) + text.slice(tail), ts };
}

/**
 * Unwraps an envelope of any form: with any order, space, escapes and further members. Members other than `id` and `payload` are
 * added to the payload. If the payload has a member of that name, that of the envelope goes into `_envelope`.
 *
 * @param parsed the text, parsed
 * @returns `null` if this is no envelope
 */
export function unwrapAnyEnvelope(text: string, parsed: Record<string, unknown>): Unwrapped | null {
  if (parsed.msg !== undefined || !isEnvelopeId(parsed.id) || !isObject(parsed.payload)) return null;
  const payload = parsed.payload;
  const members = membersOf(text);
  const payloadText = members.get('payload')?.value ?? '{}';
  members.delete('id');
  members.delete('payload');

  const added: string[] = [];
  const conflicting: string[] = [];
  for (const [key, member] of members) {
    (Object.hasOwn(payload, key) ? conflicting : added).push(write(member));
  }
  if (conflicting.length > 0) {
    let name = '_envelope';
    while (Object.hasOwn(payload, name) || members.has(name)) name = `_${name}`;
    added.push(`"${name}":{${conflicting.join(',')}}`);
  }
  const ts = [parsed.ts, payload.ts].find((value) => typeof value === 'string') ?? null;
  // `+ 0`: -0 becomes 0.
  return { envelopeId: parsed.id + 0, fields: payload, logs: extend(payloadText, added), ts };
}

function write({ key, value }: MemberText): string {
  return `${key}:${value}`;
}

/** The text of an object with members added at its end. */
function extend(object: string, members: readonly string[]): string {
  if (members.length === 0) return object;
  const start = object.slice(0, -1).trimEnd();
  return `${start}${start === '{' ? '' : ','}${members.join(',')}}`;
}

function isEnvelopeId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
