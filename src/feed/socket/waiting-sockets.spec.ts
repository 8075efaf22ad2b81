import { expect, it } from 'vitest';
import { WaitingSockets } from './waiting-sockets.js';

const room = (waitingSockets: number, waitingSocketsOfAddress: number): WaitingSockets<string> =>
  new WaitingSockets({ waitingSockets, waitingSocketsOfAddress });

it('has the one that came first make room, where all are too many', () => {
  const waiting = room(3, 2);
  expect(['1', '2', '3'].map((n) => waiting.add(n, `192.0.2.${n}`))).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect([waiting.add('4', '192.0.2.4'), waiting.add('5', '192.0.2.5'), waiting.size]).toEqual(['1', '2', 3]);
});

it('has the first of an address make room, where those of the address are too many, IPv6 by its network', () => {
  const waiting = room(4, 2);
  waiting.add('another', '192.0.2.1');
  expect(['1', '2', '3', '4'].map((n) => waiting.add(n, `2001:db8::${n}`))).toEqual([
    undefined,
    undefined,
    '1',
    '2',
  ]);
  expect(waiting.size).toBe(3);
  expect(waiting.add('next door', '2001:db8:0:1::1')).toBeUndefined();
});

it('forgets who has shown its token or has gone', () => {
  const waiting = room(2, 2);
  for (const n of ['1', '2']) waiting.add(n, '192.0.2.1');
  expect([waiting.delete('1'), waiting.delete('1'), waiting.size]).toEqual([true, false, 1]);
  expect(waiting.add('3', '192.0.2.1')).toBeUndefined();
  expect(waiting.add('4', '192.0.2.2')).toBe('2');
});
