import { BlockList } from 'node:net';
import { ipAddress } from './ip-address.js';

type Family = 'ipv4' | 'ipv6';
const BITS = { ipv4: 32, ipv6: 128 } as const;
/** `::ffff:0:0/96`: IPv4 as IPv6. */
const MAPPED_BITS = 96;

interface Subnet {
  address: string;
  prefix: number;
  family: Family;
}

/** Whether a text is an address or a subnet such as `10.0.0.0/8` or `2001:db8::/32`. */
export function isSubnet(text: string): boolean {
  return readSubnet(text) !== undefined;
}

/** Addresses and subnets, IPv4 and IPv6. */
export class AddressList {
  // One for each: in a list of Node's, ::/0 has all of IPv4 in it.
  private readonly subnets = { ipv4: new BlockList(), ipv6: new BlockList() };

  /**
   * @param texts each an address or a subnet; bits beyond the prefix are passed over
   * @throws RangeError naming the text that is neither
   */
  constructor(texts: readonly string[]) {
    for (const text of texts) {
      const subnet = readSubnet(text);
      if (subnet === undefined) throw new RangeError(`${text} is neither an address nor a subnet.`);
      this.subnets[subnet.family].addSubnet(subnet.address, subnet.prefix, subnet.family);
    }
  }

  /** @param address as ipAddress() gives it; what is no address is not in any list */
  has(address: string): boolean {
    const family = familyOf(address);
    return this.subnets[family].check(address, family);
  }
}

function readSubnet(text: string): Subnet | undefined {
  const [written = '', bits, more] = text.split('/');
  const address = ipAddress(written);
  if (address === undefined || more !== undefined || written.includes('%')) return undefined;
  const family = familyOf(address);
  const shift = family === 'ipv4' && written.includes(':') ? MAPPED_BITS : 0;
  const most = BITS[family] + shift;
  if (bits !== undefined && !/^(0|[1-9]\d{0,2})$/.test(bits)) return undefined;
  const prefix = bits === undefined ? most : Number(bits);
  return prefix > most || prefix < shift ? undefined : { address, prefix: prefix - shift, family };
}

function familyOf(address: string): Family {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}
