import { describe, expect, it } from 'vitest';
import { readSettings } from '../platform/config/index.js';
import { BlockedAddresses, NewSocketLimit, OpenSocketCount } from './admission.js';

describe('BlockedAddresses', () => {
  const blockedFor = (seconds: number): BlockedAddresses =>
    new BlockedAddresses(readSettings({ TELEMETRY_BLOCK_S: seconds.toString() }));

  it('blocks an address for TELEMETRY_BLOCK_S from the last time', () => {
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

  it('blocks IPv6 addresses by network', () => {
    const blocked = blockedFor(60);
    blocked.block('2001:db8::1', 0);
    expect(blocked.leftS('2001:db8::ffff:1', 0)).toBe(60);
    expect(blocked.leftS('2001:db8:0:1::1', 0)).toBe(0);
  });

  it('blocks at most 10,000 addresses, the last ones', () => {
    const blocked = blockedFor(60);
    const address = (index: number): string => `10.0.${(index >> 8).toString()}.${(index & 255).toString()}`;
    for (let index = 0; index <= 10_000; index += 1) blocked.block(address(index), index);
    expect([0, 1, 10_000].map((index) => blocked.leftS(address(index), 10_000))).toEqual([0, 51, 60]);
  });
});

describe('NewSocketLimit', () => {
  /** How many of 1,000 sockets are accepted at each of these times. */
  function accepted(perSecond: number, times: readonly number[]): number[] {
    const limit = new NewSocketLimit(readSettings({ TELEMETRY_MAX_CONNECTIONS_PER_S: perSecond.toString() }));
    return times.map(
      (now) => Array.from({ length: 1_000 }, () => limit.tryAcquire(now)).filter(Boolean).length,
    );
  }

  it('accepts the sockets of one second at once, and then so many a second', () => {
    expect(accepted(100, [50_000, 50_000, 50_500, 51_000, 99_000])).toEqual([100, 0, 50, 50, 100]);
  });

  it('accepts every socket where there is no limit', () => {
    expect(accepted(0, [0, 0])).toEqual([1_000, 1_000]);
  });
});

describe('OpenSocketCount', () => {
  it('counts sockets in all and by address, with IPv6 by network', () => {
    const count = new OpenSocketCount();
    for (const address of ['192.0.2.1', '192.0.2.1', '2001:db8::1', '2001:db8::2']) count.opened(address);
    expect([count.total, count.of('192.0.2.1'), count.of('2001:db8::3')]).toEqual([4, 2, 2]);
    count.closed('192.0.2.1');
    count.closed('2001:db8::1');
    expect([count.total, count.of('192.0.2.1'), count.of('2001:db8::3')]).toEqual([2, 1, 1]);
    count.closed('192.0.2.1');
    count.closed('2001:db8::2');
    expect([count.total, count.of('192.0.2.1'), count.of('2001:db8::3')]).toEqual([0, 0, 0]);
  });
});
