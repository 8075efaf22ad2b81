import { setImmediate as round } from 'node:timers/promises';
import { Counter } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FeedLimits } from '../feed-limits.js';
import type { FeedMetrics } from '../feed.metrics.js';
import { FairScheduler, SendLimit, type StepResult } from './fair-scheduler.js';

function sendLimitOf(limits: Partial<FeedLimits> = {}): {
  sendLimit: SendLimit;
  holds: Counter;
  all: FeedLimits;
} {
  const all = Object.assign(new FeedLimits(), limits);
  const holds = new Counter({ name: 'holds', help: 'x', labelNames: ['reason'], registers: [] });
  const metrics = { heldBack: (reason: string) => holds.inc({ reason }) } as unknown as FeedMetrics;
  return { sendLimit: new SendLimit(all, metrics), holds, all };
}

const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

describe('FairScheduler', () => {
  it('spends a slice of each round of the event loop, however much there is to do', async () => {
    const { sendLimit, all } = sendLimitOf({ sliceMs: 4 });
    const scheduler = new FairScheduler(all, sendLimit);
    let taken = 0;
    for (let n = 0; n < 200; n += 1) {
      const step = (): StepResult => {
        busyFor(1);
        taken += 1;
        return 'done';
      };
      scheduler.add({ address: 'a', step });
    }
    for (let before = 0; taken < 200; before = taken) {
      await round();
      expect(taken - before).toBeLessThanOrEqual(5);
    }
  });

  it('alternates by address, and by socket within an address', async () => {
    const { sendLimit, all } = sendLimitOf({ sliceMs: 1_000 });
    const scheduler = new FairScheduler(all, sendLimit);
    const order: string[] = [];
    for (const name of ['a1', 'a2', 'b1']) {
      let left = 2;
      const step = (): StepResult => {
        order.push(name);
        left -= 1;
        return left > 0 ? 'more' : 'done';
      };
      scheduler.add({ address: name.charAt(0), step });
    }
    await round();
    expect(order).toEqual(['a1', 'b1', 'a2', 'b1', 'a1', 'a2']);
  });

  it('holds sockets back at the limit on unsent bytes, and resumes them below it', async () => {
    // A slice that a busy machine does not cut short.
    const limits = { unsentBytesOfAll: 100, unsentBytesOfAddress: 60, sliceMs: 60_000 };
    const { sendLimit, holds, all } = sendLimitOf(limits);
    const scheduler = new FairScheduler(all, sendLimit);
    const sent: string[] = [];
    const add = (address: string): void => {
      const step = (): StepResult => {
        if (!sendLimit.maySend(address)) return 'limited';
        sendLimit.sending(address, 60);
        sent.push(address);
        return 'done';
      };
      scheduler.add({ address, step });
    };
    for (const address of ['a', 'a', 'b', 'c']) add(address);
    await round();
    expect(sent).toEqual(['a', 'b']);
    expect(sendLimit.unsentBytes).toBe(120);
    sendLimit.sent('b', 60);
    await round();
    expect(sent).toEqual(['a', 'b', 'c']);
    sendLimit.sent('a', 60);
    await round();
    expect(sent).toEqual(['a', 'b', 'c', 'a']);
    expect((await holds.get()).values[0]?.labels).toEqual({ reason: 'unsent' });
  });

  it('limits the bytes a second of all sockets together', async () => {
    const { sendLimit, all } = sendLimitOf({ sentBytesPerS: 10_000 });
    const scheduler = new FairScheduler(all, sendLimit);
    let sent = 0;
    const startedAt = performance.now();
    await new Promise<void>((resolve) => {
      const step = (): StepResult => {
        if (!sendLimit.maySend('a')) return 'limited';
        sendLimit.sending('a', 1_000);
        sendLimit.sent('a', 1_000);
        sent += 1_000;
        if (sent < 15_000) return 'more';
        resolve();
        return 'done';
      };
      scheduler.add({ address: 'a', step });
    });
    // The bytes of one second may be sent at once.
    expect(performance.now() - startedAt).toBeGreaterThan(300);
  });
});
