import { describe, expect, it } from 'vitest';
import {
  type Change,
  comparePairs,
  MEASURE_NAMES,
  type MeasureName,
  type Pair,
  type Values,
} from './compare-pairs.js';

const values = (known: Partial<Values>): Values => ({
  ...(Object.fromEntries(MEASURE_NAMES.map((name) => [name, null])) as unknown as Values),
  ...known,
});

/** Nodes of very different machines, each of which gets 10 ms slower; that is less than the machines differ. */
const slower = Array.from({ length: 12 }, (_, node): Pair => {
  const delay = 100 + 80 * node;
  const noise = [-2, -1, 0, 0, 1, 2][node % 6] ?? NaN;
  return {
    before: values({ propagation_delay: delay, reach: 0.99, finality_lag: 2 + noise, restarts: 0 }),
    after: values({
      propagation_delay: delay + 10 + noise,
      reach: 0.99 - 0.01 * (1 + (node % 2)),
      finality_lag: 2 - noise,
      restarts: node === 0 ? 6 : 0,
    }),
  };
});

const changeOf = async (pairs: readonly Pair[], name: MeasureName): Promise<Change | undefined> =>
  (await comparePairs(pairs)).find((change) => change.name === name);

describe('comparePairs', () => {
  it('finds a change that is smaller than the differences between nodes', async () => {
    const change = await changeOf(slower, 'propagation_delay');
    expect(change).toMatchObject({ pairs: 12, before: 540, difference: 10, worse: true });
    expect(change?.low).toBeGreaterThan(7.5);
    expect(change?.high).toBeLessThan(12.5);
    expect(await changeOf(slower, 'reach')).toMatchObject({ before: 0.99, difference: -0.015, worse: true });
  });

  it('finds no change that chance explains, nor one for the better', async () => {
    expect(await changeOf(slower, 'finality_lag')).toMatchObject({ pairs: 12, worse: false });
    // One node restarts often: the mean is 0.5, but without this node it is 0.
    expect(await changeOf(slower, 'restarts')).toMatchObject({ difference: 0.5, low: 0, worse: false });
    const faster = slower.map(({ before, after }) => ({ before: after, after: before }));
    expect(await changeOf(faster, 'propagation_delay')).toMatchObject({ difference: -10, worse: false });
    expect(await changeOf(faster, 'reach')).toMatchObject({ difference: 0.015, worse: false });
  });

  it('counts only nodes of which a measure is known on both sides, and needs ten', async () => {
    const nothing = { before: null, after: null, difference: null, low: null, high: null, worse: null };
    const some = slower.map((pair, node) =>
      node < 3 ? { ...pair, after: { ...pair.after, propagation_delay: null } } : pair,
    );
    expect(await changeOf(some, 'propagation_delay')).toEqual({
      name: 'propagation_delay',
      pairs: 9,
      ...nothing,
    });
    expect(await changeOf(some, 'reach')).toMatchObject({ pairs: 12, worse: true });
    expect(await changeOf(slower, 'upload')).toEqual({ name: 'upload', pairs: 0, ...nothing });
    expect((await comparePairs([])).map(({ pairs }) => pairs)).toEqual(MEASURE_NAMES.map(() => 0));
  });

  it('has no difference that is too small to be shown', async () => {
    const tiny = slower.map(({ before }) => ({
      before,
      after: { ...before, reach: (before.reach ?? NaN) - 1e-9 },
    }));
    expect(await changeOf(tiny, 'reach')).toMatchObject({ low: 0, high: 0, worse: false });
  });
});
