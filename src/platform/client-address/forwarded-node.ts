import { ipAddress } from '../address/index.js';

/** `[2001:db8::1]`, with or without a port, which may be a name. */
const BRACKETED = /^\[([^[\]]*)\](?::(?:\d{1,5}|_[\w.-]+))?$/;
/** `192.0.2.7:4711`. */
const WITH_PORT = /^([\d.]+):(?:\d{1,5}|_[\w.-]+)$/;

/**
 * The address in what a proxy says of the hop before it: with or without a port, IPv6 with or without brackets.
 * Undefined where it says none: `unknown`, a name such as `_hidden`, or what cannot be read.
 */
export function forwardedNode(text: string): string | undefined {
  const bracketed = BRACKETED.exec(text)?.[1];
  if (bracketed !== undefined) return bracketed.includes(':') ? ipAddress(bracketed) : undefined;
  return ipAddress(WITH_PORT.exec(text)?.[1] ?? text);
}
