import { type JsonObject, toMembers } from './exact-json.js';

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
