import { isIP, SocketAddress } from 'node:net';

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/;

/**
 * An address in its one form: IPv4 in IPv6 (`::ffff:10.0.0.1`) as IPv4, IPv6 in small letters and as short as can be,
 * without a zone. Undefined where the text is no address.
 */
export function ipAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family !== 6) return undefined;
  return new SocketAddress({ address: text, family: 'ipv6' }).address.replace(MAPPED, '');
}

/**
 * What counts as one where addresses are counted: whoever has an IPv6 address has 2^64 of them, and so counts by its
 * network of 64 bits.
 *
 * @param address as {@link ipAddress} gives it
 */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address;
  const [before = '', after] = address.split('::', 2);
  const groups = before === '' ? [] : before.split(':');
  if (after !== undefined) {
    const rest = after === '' ? [] : after.split(':');
    // What ends as IPv4 does has one part less than it has groups; that is beyond the first four in any case.
    const missing = 8 - groups.length - rest.length - (after.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: missing }, () => '0'), ...rest);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}
