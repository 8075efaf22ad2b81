import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { ANY_ORIGIN } from '../config/index.js';

/**
 * Whether a page may open a WebSocket, or change something: it comes from the same host and port as the request goes to, or is
 * one of those allowed. Browsers let every page open sockets to everywhere, and always say which page it is; who says
 * nothing is no browser.
 */
export function isOriginAllowed(
  { headers }: Pick<IncomingMessage, 'headers'>,
  allowed: readonly string[],
): boolean {
  const origin = originOf(headers);
  if (origin === undefined || allowed.includes(ANY_ORIGIN)) return true;
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  if (!/^https?:$/.test(page.protocol)) return false;
  if (allowed.includes(page.origin)) return true;
  // A port that is that of the protocol may be written out in one and left out in the other.
  const target = `${page.protocol}//${headers.host ?? ''}`;
  return URL.canParse(target) && new URL(target).host === page.host;
}

/** The page that a browser sends a request for; undefined where it is no browser, or the page itself asks. */
export function originOf(headers: IncomingHttpHeaders): string | string[] | undefined {
  return headers.origin ?? headers['sec-websocket-origin'];
}
