import { expect, it } from 'vitest';
import { OpenSocketsCount } from './open-sockets-count.js';

it('counts sockets in all and by address, IPv6 by its network', () => {
  const count = new OpenSocketsCount();
  for (const address of ['192.0.2.1', '192.0.2.1', '2001:db8::1', '2001:db8::2']) count.opened(address);
  expect([count.total, count.of('192.0.2.1'), count.of('2001:db8::3')]).toEqual([4, 2, 2]);
  count.ended('192.0.2.1');
  count.ended('2001:db8::1');
  expect([count.total, count.of('192.0.2.1'), count.of('2001:db8::3')]).toEqual([2, 1, 1]);
  count.ended('192.0.2.1');
  count.ended('2001:db8::2');
  expect([count.total, count.of('192.0.2.1'), count.of('2001:db8::3')]).toEqual([0, 0, 0]);
});
