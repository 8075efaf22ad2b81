import { createHmac } from 'node:crypto';

const PREFIX = 'whsec_';

/**
 * The headers that identify and sign a message, by the specification Standard Webhooks (standardwebhooks.com): HMAC-SHA256
 * over id, time and body.
 *
 * @param time of this attempt: seconds since the epoch
 * @param secret `whsec_` and bytes in base64; undefined: without a signature
 */
export function signedHeaders(
  { id, time, body }: { id: string; time: number; body: string },
  secret: string | undefined,
): Record<string, string> {
  const headers = { 'webhook-id': id, 'webhook-timestamp': time.toString() };
  if (secret === undefined) return headers;
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${time.toString()}.${body}`).digest('base64');
  return { ...headers, 'webhook-signature': `v1,${signature}` };
}
