import { expect, it } from 'vitest';
import { RejectedBudget } from './rejected-budget.js';

it('keeps twenty rejected messages in each second, and no more', () => {
  const budget = new RejectedBudget();
  const spend = (at: number): number =>
    Array.from({ length: 150 }, () => budget.spend(at)).filter(Boolean).length;
  expect(spend(1_764_000_000_999)).toBe(20);
  expect(spend(1_764_000_001_000)).toBe(20);
  expect(spend(1_764_000_001_999)).toBe(0);
  expect(spend(1_764_000_003_000)).toBe(20);
});
