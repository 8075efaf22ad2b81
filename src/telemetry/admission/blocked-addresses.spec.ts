import { expect, it } from 'vitest';
import { readSettings } from '../../platform/config/index.js';
import { BlockedAddresses } from './blocked-addresses.js';

const blockedFor = (seconds: number): BlockedAddresses =>
  new BlockedAddresses(readSettings({ TELEMETRY_BLOCK_S: seconds.toString() }));

it('blocks an address for its time, from the last time that it was blocked', () => {
  const blocked = blockedFor(60);
  expect(blocked.leftS('192.0.2.1', 0)).toBe(0);
  blocked.block('192.0.2.1', 0);
  blocked.block('192.0.2.2', 1_000);
  expect(blocked.leftS('192.0.2.1', 500)).toBe(60);
  expect(blocked.leftS('192.0.2.3', 500)).toBe(0);
  blocked.block('192.0.2.1', 30_000);
  expect(blocked.leftS('192.0.2.1', 60_000)).toBe(30);
  expect(blocked.leftS('192.0.2.2', 61_000)).toBe(0);
  expect(blocked.leftS('192.0.2.1', 90_000)).toBe(0);
});

it('blocks the network of an IPv6 address', () => {
  const blocked = blockedFor(60);
  blocked.block('2001:db8::1', 0);
  expect(blocked.leftS('2001:db8::ffff:1', 0)).toBe(60);
  expect(blocked.leftS('2001:db8:0:1::1', 0)).toBe(0);
});

it('keeps 10,000 addresses at most, and those that were blocked last', () => {
  const blocked = blockedFor(60);
  const address = (index: number): string => `10.0.${(index >> 8).toString()}.${(index & 255).toString()}`;
  for (let index = 0; index <= 10_000; index += 1) blocked.block(address(index), index);
  expect([0, 1, 10_000].map((index) => blocked.leftS(address(index), 10_000))).toEqual([0, 51, 60]);
});
