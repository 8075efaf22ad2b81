import { type JsonObject, toExactJson } from './exact-json.js';

/**
 * How a message is wrapped: flat (V1: Substrate 1.x to 2.0), or nested (V2: Tetcore 2.1, Substrate 3.0 and
 * later), where `id` names the node within its connection.
 */
export type Envelope =
  | { readonly form: 'flat' }
  | { readonly form: 'nested'; readonly id: number; readonly payloadFirst: boolean };

/** The text of a frame. */
export function encodeMessage(envelope: Envelope, msg: string, fields: JsonObject, ts: string): string {
  if (envelope.form === 'flat') return toExactJson({ msg, level: 'INFO', ts, ...fields });
  const { id } = envelope;
  const payload = { msg, ...fields };
  // Real nodes do not agree on the order of the keys.
  return toExactJson(envelope.payloadFirst ? { payload, ts, id } : { id, ts, payload });
}
