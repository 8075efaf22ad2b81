import { setImmediate as round } from 'node:timers/promises';
import { Counter } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { FeedLimits } from '../feed-limits.js';
import type { FeedMetrics } from '../feed.metrics.js';
import { SendBudget } from './send-budget.js';
import { SocketTurns, type TurnResult } from './socket-turns.js';

function budgetOf(limits: Partial<FeedLimits> = {}): { budget: SendBudget; holds: Counter; all: FeedLimits } {
  const all = Object.assign(new FeedLimits(), limits);
  const holds = new Counter({ name: 'holds', help: 'x', labelNames: ['reason'], registers: [] });
  const metrics = { heldBack: (reason: string) => holds.inc({ reason }) } as unknown as FeedMetrics;
  return { budget: new SendBudget(all, metrics), holds, all };
}

const busyFor = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
};

describe('the turns of sockets', () => {
  it('leave each round of the event loop to others after a slice, however much there is to do', async () => {
    const { budget, all } = budgetOf({ sliceMs: 4 });
    const turns = new SocketTurns(all, budget);
    let taken = 0;
    for (let n = 0; n < 200; n += 1) {
      const turn = (): TurnResult => {
        busyFor(1);
        taken += 1;
        return 'done';
      };
      turns.add({ address: 'a', turn });
    }
    for (let before = 0; taken < 200; before = taken) {
      await round();
      expect(taken - before).toBeLessThanOrEqual(5);
    }
  });

  it('are given by address, and by socket within it', async () => {
    const { budget, all } = budgetOf({ sliceMs: 1_000 });
    const turns = new SocketTurns(all, budget);
    const order: string[] = [];
    for (const name of ['a1', 'a2', 'b1']) {
      let left = 2;
      const turn = (): TurnResult => {
        order.push(name);
        left -= 1;
        return left > 0 ? 'more' : 'done';
      };
      turns.add({ address: name.charAt(0), turn });
    }
    await round();
    expect(order).toEqual(['a1', 'b1', 'a2', 'b1', 'a1', 'a2']);
  });

  it('wait while the budget has no room, and go on when it has', async () => {
    const { budget, holds, all } = budgetOf({ unsentBytesOfAll: 100, unsentBytesOfAddress: 60 });
    const turns = new SocketTurns(all, budget);
    const sent: string[] = [];
    const add = (address: string): void => {
      const turn = (): TurnResult => {
        if (!budget.maySend(address)) return 'held';
        budget.sending(address, 60);
        sent.push(address);
        return 'done';
      };
      turns.add({ address, turn });
    };
    for (const address of ['a', 'a', 'b', 'c']) add(address);
    await round();
    expect(sent).toEqual(['a', 'b']);
    expect(budget.unsentBytes).toBe(120);
    budget.taken('b', 60);
    await round();
    expect(sent).toEqual(['a', 'b', 'c']);
    budget.taken('a', 60);
    await round();
    expect(sent).toEqual(['a', 'b', 'c', 'a']);
    expect((await holds.get()).values[0]?.labels).toEqual({ reason: 'unsent' });
  });

  it('send so many bytes a second, in all', async () => {
    const { budget, all } = budgetOf({ sentBytesPerS: 10_000 });
    const turns = new SocketTurns(all, budget);
    let sent = 0;
    const startedAt = performance.now();
    await new Promise<void>((resolve) => {
      const turn = (): TurnResult => {
        if (!budget.maySend('a')) return 'held';
        budget.sending('a', 1_000);
        budget.taken('a', 1_000);
        sent += 1_000;
        if (sent < 15_000) return 'more';
        resolve();
        return 'done';
      };
      turns.add({ address: 'a', turn });
    });
    // What is there at once is a second's.
    expect(performance.now() - startedAt).toBeGreaterThan(300);
  });
});
