import { describe, expect, it } from 'vitest';
import { fisherExact } from './fisher-exact.js';

type Table = Parameters<typeof fisherExact>[0];

describe('fisherExact', () => {
  // The values of `fisher.test` of R, and of the hypergeometric distribution of jStat.
  it.each<[Table, number]>([
    [
      [
        [3, 1],
        [1, 3],
      ],
      0.4857142857142857,
    ],
    [
      [
        [8, 2],
        [1, 5],
      ],
      0.03496503496503496,
    ],
    [
      [
        [0, 10],
        [12, 2],
      ],
      0.00006730380939561179,
    ],
    [
      [
        [1, 0],
        [0, 999],
      ],
      0.001,
    ],
    [
      [
        [40, 10],
        [100, 900],
      ],
      1.610192245249519e-28,
    ],
    [
      [
        [300, 200],
        [3_000, 6_500],
      ],
      6.656252909030138e-37,
    ],
    [
      [
        [2, 15],
        [3, 1],
      ],
      0.0275689223057644,
    ],
  ])('is that of other programs: %j', (table, expected) => {
    expect(fisherExact(table) / expected).toBeCloseTo(1, 6);
  });

  it('is the same whichever rows and columns are exchanged', () => {
    const p = fisherExact([
      [8, 2],
      [1, 5],
    ]);
    for (const table of [
      [
        [1, 5],
        [8, 2],
      ],
      [
        [2, 8],
        [5, 1],
      ],
      [
        [8, 1],
        [2, 5],
      ],
    ] as const)
      expect(fisherExact(table)).toBeCloseTo(p, 12);
  });

  it('is 1 where nothing can differ, and 0 where it is too small', () => {
    expect(
      fisherExact([
        [0, 0],
        [5, 9],
      ]),
    ).toBe(1);
    expect(
      fisherExact([
        [5, 0],
        [9, 0],
      ]),
    ).toBe(1);
    expect(
      fisherExact([
        [3_000, 0],
        [0, 7_000],
      ]),
    ).toBe(0);
  });
});
