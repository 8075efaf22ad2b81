import { ipAddress } from '../address/index.js';

/** A pair of RFC 7239, or nothing, and its separator. Unquoted values may have ports and brackets, as some proxies write them. */
const PAIR = /[ \t]*(?:([!#$%&'*+\-.^_`|~\w]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",;=\\]*))[ \t]*)?(?:([;,])|$)/sy;

/**
 * The hops in one line of a header `Forwarded`, the nearest one last: the `for` of each, or undefined where it has none or
 * two. The text after a syntax error is one such hop, since a quote may be open.
 */
export function forwardedHops(line: string): (string | undefined)[] {
  const hops: (string | undefined)[] = [];
  let addresses: string[] = [];
  let isEmpty = true;
  PAIR.lastIndex = 0;
  for (;;) {
    const pair = PAIR.exec(line);
    if (pair === null) return [...hops, undefined];
    const [, name, quoted, plain = '', end] = pair;
    if (name !== undefined) isEmpty = false;
    if (name?.toLowerCase() === 'for') addresses.push(quoted?.replace(/\\(.)/gs, '$1') ?? plain);
    if (end === ';') continue;
    // Empty elements of a list do not count.
    if (!isEmpty) hops.push(addresses.length === 1 ? addresses[0] : undefined);
    if (end === undefined) return hops;
    addresses = [];
    isEmpty = true;
  }
}

/** The hops in one line of a header `X-Forwarded-For`, the nearest one last. */
export function forwardedForHops(line: string): string[] {
  return line
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
}

/** `[2001:db8::1]`, with or without a port, which may be an obfuscated one. */
const BRACKETED = /^\[([^[\]]*)\](?::(?:\d{1,5}|_[\w.-]+))?$/;
/** `192.0.2.7:4711`. */
const WITH_PORT = /^([\d.]+):(?:\d{1,5}|_[\w.-]+)$/;

/**
 * The address of a hop: with or without a port, IPv6 with or without brackets. Undefined for `unknown`, for names such as
 * `_hidden`, and for invalid text.
 */
export function forwardedNode(text: string): string | undefined {
  const bracketed = BRACKETED.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed.includes(':') ? ipAddress(bracketed) : undefined;
  return ipAddress(WITH_PORT.exec(text)?.[1] ?? text);
}
