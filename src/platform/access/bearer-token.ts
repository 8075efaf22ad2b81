import type { IncomingMessage } from 'node:http';

/** RFC 6750, with as many spaces as there are. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*) *$/i;
/** Longer than any token that can be set. */
const MAX_LENGTH = 1024;

export type BearerToken = { token: string } | 'missing' | 'malformed';

/** The token that a request shows in its one header `Authorization`. */
export function bearerToken({ headersDistinct }: Pick<IncomingMessage, 'headersDistinct'>): BearerToken {
  const [header, second] = headersDistinct.authorization ?? [];
  if (header === undefined) return 'missing';
  if (second !== undefined || header.length > MAX_LENGTH) return 'malformed';
  const token = BEARER.exec(header)?.[1];
  return token === undefined ? 'malformed' : { token };
}
