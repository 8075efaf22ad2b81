import { expect, it } from 'vitest';
import { readSettings } from '../../platform/config/index.js';
import { NewSocketsBudget } from './new-sockets-budget.js';

/** How many of 1,000 that come at each of these times get in. */
function admitted(perSecond: number, times: readonly number[]): number[] {
  const budget = new NewSocketsBudget(
    readSettings({ TELEMETRY_MAX_CONNECTIONS_PER_S: perSecond.toString() }),
  );
  return times.map((now) => Array.from({ length: 1_000 }, () => budget.spend(now)).filter(Boolean).length);
}

it('lets as many in at once as in a second, and so many a second from then on', () => {
  expect(admitted(100, [50_000, 50_000, 50_500, 51_000, 99_000])).toEqual([100, 0, 50, 50, 100]);
});

it('lets everybody in where there is no bound', () => {
  expect(admitted(0, [0, 0])).toEqual([1_000, 1_000]);
});
