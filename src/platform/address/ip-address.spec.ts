import { describe, expect, it } from 'vitest';
import { AddressList, addressGroup, ipAddress, isSubnet } from './index.js';

describe('ipAddress and addressGroup', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['::FFFF:a01:203', '10.1.2.3'],
    ['0:0:0:0:0:ffff:a01:203', '10.1.2.3'],
    ['::1', '::1'],
    ['2001:0DB8:0:0::1', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::10.1.2.3', '::10.1.2.3'],
    ['64:ff9b::10.1.2.3', '64:ff9b::a01:203'],
    ['::ffff:0:10.1.2.3', '::ffff:0:a01:203'],
    ['010.1.2.3', undefined],
    ['10.1.2', undefined],
    ['10.1.2.3 ', undefined],
    ['10.1.2.256', undefined],
    ['167838211', undefined],
    ['0x0a.1.2.3', undefined],
    ['2001:db8', undefined],
    ['[::1]', undefined],
    ['', undefined],
    ['localhost', undefined],
  ])('reads %s as %s', (text, address) => {
    expect(ipAddress(text)).toBe(address);
  });

  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['', ''],
    ['::', '0:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['::10.1.2.3', '0:0:0:0::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['2001:db8::', '2001:db8:0:0::/64'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::2:3:4:5:6', '2001:db8:0:2::/64'],
    ['2001:db8:1:2:3::', '2001:db8:1:2::/64'],
  ])('counts %s as %s', (address, group) => {
    expect(addressGroup(address)).toBe(group);
  });
});

describe('AddressList', () => {
  it.each([
    ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0', '::a00:0']],
    ['10.1.2.3/8', ['10.0.0.0'], ['11.0.0.0']],
    ['192.0.2.7', ['192.0.2.7'], ['192.0.2.6', '192.0.2.8', '']],
    ['192.0.2.6/31', ['192.0.2.6', '192.0.2.7'], ['192.0.2.5', '192.0.2.8']],
    ['0.0.0.0/0', ['0.0.0.0', '255.255.255.255'], ['::', '2001:db8::1', '']],
    ['::/0', ['::', 'ffff::'], ['10.0.0.1', '']],
    ['2001:db8::/32', ['2001:db8::', '2001:db8:ffff::1'], ['2001:db9::', '10.0.0.1']],
    ['2001:db8::1/33', ['2001:db8:7fff::'], ['2001:db8:8000::']],
    ['2001:DB8::1', ['2001:db8::1'], ['2001:db8::2']],
    ['::ffff:10.0.0.0/104', ['10.255.0.1'], ['11.0.0.1', '2001:db8::1']],
    ['::ffff:10.0.0.1', ['10.0.0.1'], ['10.0.0.2']],
  ])('contains the addresses of %s', (subnet, inside, outside) => {
    const list = new AddressList([subnet]);
    expect(inside.filter((address) => !list.has(address))).toEqual([]);
    expect(outside.filter((address) => list.has(address))).toEqual([]);
  });

  it.each([
    ...[
      '',
      '10.0.0.0/33',
      '10.0.0.0/-1',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '10.0.0.0/08',
      '10.0.0/8',
      '10.0.0.0/255.0.0.0',
    ],
    ...[
      '::/129',
      '::ffff:10.0.0.0/8',
      'fe80::1%eth0',
      'fe80::%1/64',
      '10.*',
      'example.org',
      '10.0.0.1-10.0.0.9',
    ],
  ])('rejects %s', (text) => {
    expect(isSubnet(text)).toBe(false);
    expect(() => new AddressList([text])).toThrow(RangeError);
  });
});
