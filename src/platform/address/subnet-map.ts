import { BITS, readSubnet, type Family } from './ip-address.js';

/** Values of subnets, IPv4 and IPv6. A smaller subnet goes before a larger one that contains it. */
export class SubnetMap<T> {
  /** By family and length of the prefix, longest first: the values by prefix. */
  private readonly byLength: Record<Family, Map<number, Map<bigint, T>>> = {
    ipv4: new Map(),
    ipv6: new Map(),
  };

  /**
   * @param entries by address or subnet; bits after the prefix are ignored
   * @throws RangeError naming a text that is neither, or a subnet that is there twice
   */
  constructor(entries: Iterable<readonly [subnet: string, value: T]>) {
    const found: Record<Family, Map<number, Map<bigint, T>>> = { ipv4: new Map(), ipv6: new Map() };
    for (const [text, value] of entries) {
      const subnet = readSubnet(text);
      if (subnet === undefined) throw new RangeError(`${text} is neither an address nor a subnet.`);
      const { family, prefix, address } = subnet;
      const values = found[family].get(prefix) ?? new Map<bigint, T>();
      found[family].set(prefix, values);
      const key = prefixOf(address, family, prefix);
      if (values.has(key)) throw new RangeError(`${text} is there twice.`);
      values.set(key, value);
    }
    for (const family of ['ipv4', 'ipv6'] as const)
      this.byLength[family] = new Map([...found[family]].sort(([one], [other]) => other - one));
  }

  /** @param address as `ipAddress` returns it; no subnet contains another text */
  get(address: string): T | undefined {
    const family = address.includes(':') ? 'ipv6' : 'ipv4';
    if (readSubnet(address) === undefined) return undefined;
    for (const [prefix, values] of this.byLength[family]) {
      const value = values.get(prefixOf(address, family, prefix));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

function prefixOf(address: string, family: Family, prefix: number): bigint {
  return bitsOf(address, family) >> BigInt(BITS[family] - prefix);
}

/** @param address canonical */
function bitsOf(address: string, family: Family): bigint {
  if (family === 'ipv4') return join(address.split('.').map(Number), 8);
  const [before = '', after] = address.split('::', 2);
  const head = groupsOf(before);
  const tail = groupsOf(after ?? '');
  const zeros = new Array<number>(8 - head.length - tail.length).fill(0);
  return join([...head, ...zeros, ...tail], 16);
}

/** The groups of 16 bits in a part of an IPv6 address, which may end with an IPv4 address. */
function groupsOf(part: string): number[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

function join(parts: readonly number[], bits: number): bigint {
  return parts.reduce((all, part) => (all << BigInt(bits)) | BigInt(part), 0n);
}
