import { expect, it } from 'vitest';
import { ipAddress, SubnetMap } from './index.js';

const map = new SubnetMap([
  ['10.0.0.0/8', 'ten'],
  ['10.1.0.0/16', 'ten one'],
  ['10.1.2.3', 'host'],
  ['2001:db8::/32', 'six'],
  ['2001:db8:0:1::/64', 'six one'],
  ['::ffff:192.0.2.0/120', 'mapped'],
]);
const labelOf = (text: string): string | undefined => map.get(ipAddress(text) ?? text);

it('finds the smallest subnet of an address', () => {
  for (const [address, label] of [
    ['10.2.0.0', 'ten'],
    ['10.1.255.255', 'ten one'],
    ['10.1.2.3', 'host'],
    ['11.0.0.0', undefined],
    ['2001:db8:ffff::1', 'six'],
    ['2001:DB8:0:1::', 'six one'],
    ['2001:db8:0:1:ffff:ffff:ffff:ffff', 'six one'],
    ['2001:db9::', undefined],
    ['192.0.2.255', 'mapped'],
    ['::ffff:10.2.0.1', 'ten'],
    ['::10.2.0.1', undefined],
    ['', undefined],
    ['no address', undefined],
  ] as const) {
    expect(labelOf(address), address).toBe(label);
  }
});

it('keeps the families apart', () => {
  expect(new SubnetMap([['::/0', 1]]).get('10.0.0.1')).toBeUndefined();
  expect(new SubnetMap([['0.0.0.0/0', 1]]).get('::1')).toBeUndefined();
  expect(new SubnetMap([['0.0.0.0/0', 1]]).get('255.0.0.1')).toBe(1);
  expect(new SubnetMap([['::/0', 1]]).get('::')).toBe(1);
});

it('rejects what is no subnet, and subnets that are there twice', () => {
  expect(() => new SubnetMap([['10.0.0.0/33', 1]])).toThrow('10.0.0.0/33 is neither');
  expect(
    () =>
      new SubnetMap([
        ['10.0.0.0/8', 1],
        ['10.255.0.0/8', 2],
      ]),
  ).toThrow('10.255.0.0/8 is there twice');
});
