import ipaddr from 'ipaddr.js';
import { isIP, SocketAddress } from 'node:net';

const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/;
/** `::ffff:0:0/96`: IPv4 addresses in IPv6. */
const MAPPED_BITS = 96;
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;

type Subnet = [address: ipaddr.IPv4 | ipaddr.IPv6, prefix: number];

/**
 * The canonical form of an address: IPv4 in IPv6 (`::ffff:10.0.0.1`) as IPv4, IPv6 as RFC 5952 writes it, without a
 * zone. Undefined where the text is no address.
 */
export function ipAddress(text: string): string | undefined {
  const family = isIP(text);
  if (family === 4) return text;
  if (family !== 6) return undefined;
  return new SocketAddress({ address: text, family: 'ipv6' }).address.replace(MAPPED, '');
}

/**
 * The key under which an address is counted: IPv6 by its network of 64 bits, since a client that has one address has
 * all of them.
 *
 * @param address as {@link ipAddress} returns it
 */
export function addressGroup(address: string): string {
  if (!address.includes(':')) return address;
  const network = ipaddr.IPv6.parse(address).parts.slice(0, 4);
  return `${network.map((part) => part.toString(16)).join(':')}::/64`;
}

/** Whether a text is an address or a subnet such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isSubnet(text: string): boolean {
  return readSubnet(text) !== undefined;
}

/** Addresses and subnets, IPv4 and IPv6. */
export class AddressList {
  private readonly subnets: readonly Subnet[];

  /**
   * @param texts each an address or a subnet; bits after the prefix are ignored
   * @throws RangeError naming the text that is neither
   */
  constructor(texts: readonly string[]) {
    this.subnets = texts.map((text) => {
      const subnet = readSubnet(text);
      if (subnet === undefined) throw new RangeError(`${text} is neither an address nor a subnet.`);
      return subnet;
    });
  }

  /** @param address as {@link ipAddress} returns it; a list has no other text */
  has(address: string): boolean {
    if (this.subnets.length === 0 || isIP(address) === 0) return false;
    const parsed = ipaddr.parse(address);
    return this.subnets.some(
      ([subnet, prefix]) =>
        // Both are of the same kind, which the types do not express.
        parsed.kind() === subnet.kind() && (parsed as ipaddr.IPv4).match(subnet as ipaddr.IPv4, prefix),
    );
  }
}

/** Stricter than ipaddr.js, which also reads `10.1`, octal and hexadecimal parts, zones, and `/08`. */
function readSubnet(text: string): Subnet | undefined {
  const [written = '', bits, more] = text.split('/');
  const address = ipAddress(written);
  if (address === undefined || more !== undefined || written.includes('%')) return undefined;
  if (bits !== undefined && !PREFIX.test(bits)) return undefined;
  const parsed = ipaddr.parse(address);
  const maxPrefix = parsed.kind() === 'ipv4' ? 32 : 128;
  const mappedBits = maxPrefix === 32 && written.includes(':') ? MAPPED_BITS : 0;
  const prefix = bits === undefined ? maxPrefix : Number(bits) - mappedBits;
  return prefix < 0 || prefix > maxPrefix ? undefined : [parsed, prefix];
}
