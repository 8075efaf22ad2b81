import { describe, expect, it } from 'vitest';
import { RequestBudget } from './request-budget.js';

describe('RequestBudget', () => {
  it('lets a burst through, and then so many a second', () => {
    const budget = new RequestBudget(3, 2, 0);
    expect([1, 2, 3, 4].map(() => budget.spend(0))).toEqual([true, true, true, false]);
    expect(budget.spend(400)).toBe(false);
    expect(budget.spend(600)).toBe(true);
    expect(budget.spend(600)).toBe(false);
    expect([1, 2, 3, 4].map(() => budget.spend(60_000))).toEqual([true, true, true, false]);
  });

  it('lets fewer through of what counts as several', () => {
    const budget = new RequestBudget(5, 1, 0);
    expect([budget.spend(0, 3), budget.spend(0, 3), budget.spend(0, 2)]).toEqual([true, false, true]);
    expect([budget.spend(2_000, 3), budget.spend(3_000, 3)]).toEqual([false, true]);
  });
});
