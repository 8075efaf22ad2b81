import { describe, expect, it } from 'vitest';
import { NodeClocks } from './node-clocks.js';
import { MINUTE_US, type Observation } from './observation.js';

const MS = 1_000;
const START = 29_000_000 * MINUTE_US;

/** A message of a node whose clock is off by `skewMs`, sent at a true time, and received `delayMs` later. */
function message(sentMs: number, delayMs: number, skewMs: number, rttMs: number | null = null): Observation {
  return {
    source: {
      chain: 1,
      node: 7,
      collector: 1,
      address: '198.51.100.1',
      rttUs: rttMs === null ? null : rttMs * MS,
    },
    receivedAt: START + (sentMs + delayMs) * MS,
    createdAt: START + (sentMs + skewMs) * MS,
    report: null,
  };
}

function clocksOf(messages: readonly Observation[]): NodeClocks {
  const clocks = new NodeClocks();
  for (const one of messages) clocks.add(one);
  return clocks;
}

const sentAt = (clocks: NodeClocks, one: Observation): number =>
  (clocks.timeOf(one.source, one.receivedAt, one.createdAt) - START) / MS;

describe('NodeClocks', () => {
  it('finds when a message was sent, although the clock is wrong and the message was slow', () => {
    const slow = message(30_000, 900, -4_000, 40);
    const clocks = clocksOf([message(10_000, 20, -4_000, 40), slow, message(50_000, 350, -4_000, 40)]);
    expect(sentAt(clocks, slow)).toBe(30_000);
  });

  it('uses the fastest message of ten minutes, and none of before', () => {
    const late = message(9.5 * 60_000, 300, 0);
    expect(sentAt(clocksOf([message(30_000, 100, 0), late]), late)).toBe(9.5 * 60_000 + 100);
    const later = message(10.5 * 60_000, 300, 0);
    expect(sentAt(clocksOf([message(30_000, 100, 0), later]), later)).toBe(10.5 * 60_000 + 300);
  });

  it('begins anew when the clock is set', () => {
    const after = message(70_000, 300, 2_000);
    const clocks = clocksOf([message(10_000, 20, 0), message(65_000, 20, 2_000), after]);
    expect(sentAt(clocks, after)).toBe(70_000 + 20);
  });

  it('is never later than the arrival, nor much earlier', () => {
    const claimed = message(10_000, 20, -3_600_000);
    const hours = clocksOf([message(5_000, 20, 0), claimed]);
    expect(sentAt(hours, claimed)).toBe(10_020);
  });
});
