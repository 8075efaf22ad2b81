import { BlockList, isIP, SocketAddress } from 'node:net';

// Node.js reads addresses and compares them with subnets. ipaddr.js, which Express installs, is no alternative: it
// reads `::10.1.2.3` as another address or not at all, and accepts octal and short forms of IPv4.

export type Family = 'ipv4' | 'ipv6';

interface Subnet {
  address: string;
  prefix: number;
  family: Family;
}

export const BITS = { ipv4: 32, ipv6: 128 } as const;
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/;
/** `::ffff:0:0/96`: IPv4 addresses in IPv6. */
const MAPPED_BITS = 96;
const PREFIX = /^(?:0|[1-9]\d{0,2})$/;

/**
 * The canonical form of an address: IPv4 in IPv6 (`::ffff:10.0.0.1`) as IPv4, IPv6 in lower case and compressed,
 * without a zone. Undefined where the text is no address.
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
  const [before = '', after] = address.split('::', 2);
  const groups = before === '' ? [] : before.split(':');
  if (after !== undefined) {
    const rest = after === '' ? [] : after.split(':');
    // An IPv4 address at the end is two groups in one part. It is never among the first four groups.
    const missing = 8 - groups.length - rest.length - (after.includes('.') ? 1 : 0);
    groups.push(...Array.from({ length: missing }, () => '0'), ...rest);
  }
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Whether a text is an address or a subnet such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isSubnet(text: string): boolean {
  return readSubnet(text) !== undefined;
}

/** Addresses and subnets, IPv4 and IPv6. */
export class AddressList {
  // A list for each family: in a BlockList, ::/0 contains all of IPv4.
  private readonly subnets = { ipv4: new BlockList(), ipv6: new BlockList() };

  /**
   * @param texts each an address or a subnet; bits after the prefix are ignored
   * @throws RangeError naming the text that is neither
   */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const subnet = readSubnet(text);
      if (subnet === undefined) throw new RangeError(`${text} is neither an address nor a subnet.`);
      this.subnets[subnet.family].addSubnet(subnet.address, subnet.prefix, subnet.family);
    }
  }

  /** @param address as {@link ipAddress} returns it; no list contains another text */
  has(address: string): boolean {
    const family = familyOf(address);
    return this.subnets[family].check(address, family);
  }
}

/** Undefined if a text is neither an address nor a subnet. */
export function readSubnet(text: string): Subnet | undefined {
  const [written = '', bits, more] = text.split('/');
  const address = ipAddress(written);
  if (address === undefined || more !== undefined || written.includes('%')) return undefined;
  if (bits !== undefined && !PREFIX.test(bits)) return undefined;
  const family = familyOf(address);
  const mappedBits = family === 'ipv4' && written.includes(':') ? MAPPED_BITS : 0;
  const prefix = bits === undefined ? BITS[family] : Number(bits) - mappedBits;
  return prefix < 0 || prefix > BITS[family] ? undefined : { address, prefix, family };
}

function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
