import { describe, expect, it } from 'vitest';
import { CallTimes } from './call-times.js';
import { readCall } from './read-call.js';

const call = (at: number, ns: number, target = 'pallet', name = 'call') => ({ at, ns, target, name });

describe('CallTimes', () => {
  it('has a line per target, sorted by time, for any order of arrival', () => {
    const calls = new CallTimes(100);
    for (const [at, ns, target] of [
      [30, 3, 'b'],
      [10, 1, 'a'],
      [20, 2, 'b'],
      [30, 4, 'a'],
    ] as const) {
      calls.add(call(at, ns, target), true);
    }
    expect(calls.named('call', 12)).toEqual({
      labels: ['a', 'b'],
      data: {
        times: [10, 20, 30],
        columns: [
          [1, null, 4],
          [null, 2, 3],
        ],
      },
      targets: 2,
    });
  });

  it('replaces an aggregate, and keeps calls of the same time', () => {
    const calls = new CallTimes(100);
    calls.add(call(10, 1), true);
    calls.add(call(20, 2), true);
    calls.add(call(10, 7), true);
    expect(calls.named('call', 12).data).toEqual({ times: [10, 20], columns: [[7, 2]] });
    calls.add(call(10, 8), false);
    expect(calls.named('call', 12).data).toEqual({ times: [10, 10, 20], columns: [[7, 8, 2]] });
    expect(calls.size).toBe(3);
  });

  it('removes old calls, and evicts the oldest above the maximum', () => {
    const calls = new CallTimes(10);
    for (let at = 0; at < 11; at += 1) calls.add(call(at, at, `t${at % 2}`, `n${at % 3}`), false);
    expect(calls.size).toBe(9);
    expect(calls.incompleteBefore).toBe(2);
    calls.dropBefore(10);
    expect([calls.size, calls.names('')]).toEqual([1, ['n1']]);
    calls.dropBefore(11);
    expect([calls.size, calls.names('')]).toEqual([0, []]);
  });

  it('filters by a part of the name or target, and selects the targets with the most calls', () => {
    const calls = new CallTimes(100);
    calls.add(call(1, 1, 'frame_system', 'Get'), false);
    calls.add(call(1, 1, 'balances', 'transfer'), false);
    calls.add(call(2, 1, 'balances', 'transfer'), false);
    calls.add(call(1, 1, 'assets', 'transfer'), false);
    expect(calls.names('SYSTEM')).toEqual(['Get']);
    expect(calls.names('e')).toEqual(['Get', 'transfer']);
    expect(calls.named('transfer', 1)).toMatchObject({ labels: ['balances'], targets: 2 });
  });
});

describe('readCall', () => {
  it('reads all forms of messages, and rejects messages without a valid time', () => {
    const at = '2026-01-02T03:04:05.500000Z';
    expect(readCall(at, { time: 760, name: 'n', target: 't' })).toEqual({
      at: Date.parse(at) / 1000,
      ns: 760,
      name: 'n',
      target: 't',
    });
    expect(readCall(at, { time: '760' })).toMatchObject({ ns: 760, name: '', target: '' });
    expect(readCall(at, { time: 1, name: null, target: { a: 1 } })).toMatchObject({
      name: '',
      target: '{"a":1}',
    });
    for (const time of [undefined, null, '', 'soon', {}, [7], '1e999'])
      expect(readCall(at, { time })).toBeUndefined();
  });
});
