import { describe, expect, it } from 'vitest';
import { presenceOf, shareConnected } from './presence.js';

describe('the presence of a node', () => {
  it('is away after a close of the node, and unknown after an end of the server', () => {
    const presence = presenceOf(
      [
        { start: 10, end: 20, reason: 'closed' },
        { start: 30, end: 40, reason: 'collector_lost' },
        { start: 60, end: 70, reason: 'shutdown' },
        { start: 80, end: 100, reason: null },
      ],
      0,
      100,
    );
    expect(presence.map(({ state, start, end }) => [state, start, end])).toEqual([
      ['unknown', 0, 10],
      ['connected', 10, 20],
      ['away', 20, 30],
      ['connected', 30, 40],
      ['unknown', 40, 60],
      ['connected', 60, 70],
      ['unknown', 70, 80],
      ['connected', 80, 100],
    ]);
    expect(shareConnected(presence)).toBeCloseTo(50 / 60);
  });

  it('is limited to the time range', () => {
    const sessions = [
      { start: 0, end: 5, reason: 'timeout' },
      { start: 15, end: 90, reason: 'reset' },
    ];
    expect(presenceOf(sessions, 10, 20)).toEqual([
      { state: 'away', start: 10, end: 15 },
      { state: 'connected', start: 15, end: 20 },
    ]);
  });

  it('counts overlapping connections once', () => {
    const sessions = [
      { start: 0, end: 50, reason: 'closed' },
      { start: 10, end: 20, reason: 'shutdown' },
      { start: 40, end: 60, reason: 'closed' },
    ];
    expect(presenceOf(sessions, 0, 80)).toEqual([
      { state: 'connected', start: 0, end: 60 },
      { state: 'away', start: 60, end: 80 },
    ]);
  });

  it('is unknown without a connection', () => {
    const presence = presenceOf([], 0, 10);
    expect(presence).toEqual([{ state: 'unknown', start: 0, end: 10 }]);
    expect(shareConnected(presence)).toBeUndefined();
  });
});
