/**
 * How a message is wrapped: flat (V1: Substrate 1.x to 2.0), or nested (V2: Tetcore 2.1, Substrate 3.0 and
 * later), where `id` names the node within its connection. `slog`: with the fields that slog adds in old builds.
 */
export type Envelope =
  | { readonly form: 'flat'; readonly slog?: boolean }
  | { readonly form: 'nested'; readonly id: number; readonly payloadFirst: boolean };

/** The text of a frame. */
export function encodeMessage(envelope: Envelope, msg: string, fields: JsonObject, ts: string): string {
  const members = toMembers(fields);
  const rest = members === '' ? '' : `,${members}`;
  if (envelope.form === 'flat') {
    // Some of the messages have an `id` and a `line` of their own.
    const slog = envelope.slog === true && !msg.startsWith('tracing.') ? ',"line":1,"id":1' : '';
    return `{"msg":"${msg}","level":"INFO"${slog},"ts":"${ts}"${rest}}`;
  }
  const payload = `"payload":{"msg":"${msg}"${rest}}`;
  // Real nodes do not agree on the order of the keys.
  return envelope.payloadFirst
    ? `{${payload},"ts":"${ts}","id":${envelope.id}}`
    : `{"id":${envelope.id},"ts":"${ts}",${payload}}`;
}

/** What a message is made of. A bigint stands for a whole number that a JavaScript number cannot hold. */
export type Json = string | number | boolean | null | bigint | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

/** Text that needs no escape, as most of what nodes say. */
const PLAIN = /^[ !#-[\]-~]*$/;

/** JSON text in which every bigint is written digit for digit, which `JSON.stringify` refuses to do. */
export function toExactJson(value: Json): string {
  if (typeof value === 'string') return PLAIN.test(value) ? `"${value}"` : JSON.stringify(value);
  if (typeof value === 'bigint') return value.toString();
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  return isList(value) ? `[${value.map(toExactJson).join(',')}]` : `{${toMembers(value)}}`;
}

/** The members of an object as JSON text, without the braces around them. */
function toMembers(object: JsonObject): string {
  let text = '';
  for (const key of Object.keys(object)) {
    text += `${text === '' ? '' : ','}"${PLAIN.test(key) ? key : JSON.stringify(key).slice(1, -1)}":${toExactJson(object[key] as Json)}`;
  }
  return text;
}

function isList(value: readonly Json[] | JsonObject): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * RFC 3339 with nanoseconds and the offset of a time zone, as nodes write `ts`.
 *
 * @param at milliseconds since the epoch, whole
 * @param nanos nanoseconds beyond that, below a million
 * @param offsetMinutes minutes east of UTC
 */
export function formatTimestamp(at: number, nanos: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, -1);
  return local + pad(nanos, 6) + offsetText(offsetMinutes);
}

const offsets = new Map<number, string>();

function offsetText(minutes: number): string {
  let text = offsets.get(minutes);
  if (text === undefined) {
    const size = Math.abs(minutes);
    text = `${minutes < 0 ? '-' : '+'}${pad(Math.floor(size / 60), 2)}:${pad(size % 60, 2)}`;
    offsets.set(minutes, text);
  }
  return text;
}

function pad(value: number, digits: number): string {
  return value.toString().padStart(digits, '0');
}
