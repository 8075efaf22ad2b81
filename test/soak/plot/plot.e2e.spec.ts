import { describe, expect, it } from 'vitest';
import { xmlElements } from '../../support/xml-elements.js';
import type { Quarter } from '../samples/quarters.js';
import { COLUMNS, type Sample } from '../samples/sample.js';
import { panelsOf } from './panels.js';
import { scaleTo } from './scale.js';
import { drawPlot, type Plot } from './small-multiples.js';

describe('a scale', () => {
  it.each([
    [0, [0, 0.25, 0.5, 0.75, 1]],
    [1, [0, 0.25, 0.5, 0.75, 1]],
    [309, [0, 100, 200, 300, 400]],
    [1_048, [0, 500, 1_000, 1_500]],
    [6_500, [0, 2_000, 4_000, 6_000, 8_000]],
    [0.03, [0, 0.01, 0.02, 0.03]],
  ])('to %d goes from 0 to a round number that is not less', (highest, ticks) => {
    expect(scaleTo(highest, 4).ticks).toEqual(ticks);
    expect(scaleTo(highest, 4).most).toBeGreaterThanOrEqual(highest);
  });
});

describe('a plot', () => {
  const plot: Plot = {
    title: 'a < b & "c"',
    times: [0, 5, 10, 15, 20],
    lengthS: 20,
    panels: [
      { title: 'one', lines: [{ name: 'x', values: [100, 50, 0, 50, 100] }] },
      {
        title: 'two',
        lines: [
          { name: 'y', values: [1, NaN, 3, 4, NaN] },
          { name: 'z', values: [0, 0, 0, 0, 0] },
        ],
        levels: [
          { from: 5, to: 10, value: 2 },
          { from: 15, to: 20, value: NaN },
        ],
      },
    ],
    marks: [{ from: 5, to: 7.5, name: 'link <frozen>' }],
  };
  const svg = drawPlot(plot);
  const elements = xmlElements(svg);
  const of = (name: string, type = ''): Record<string, string>[] =>
    elements
      .filter((one) => one.name === name && (one.attributes.class ?? '') === type)
      .map((one) => one.attributes);

  it('is one self-contained SVG', () => {
    expect(elements[0]?.name).toBe('svg');
    expect(svg).not.toMatch(/href|url\(|@import|<script/);
  });

  it('has lines at their values', () => {
    expect(of('polyline', 'line')[0]?.points).toBe('64.0,26.0 194.0,84.0 324.0,142.0 454.0,84.0 584.0,26.0');
  });

  it('has gaps for unknown values', () => {
    const points = of('polyline', 'line').map((one) => one.points?.split(' ').length);
    expect(points).toEqual([5, 1, 2, 5]);
    expect(of('line', 'level')).toHaveLength(1);
  });

  it('shows events in each panel, with their names', () => {
    const marks = of('rect', 'mark');
    expect(marks).toHaveLength(2);
    expect(marks[0]).toMatchObject({ x: '194.0', width: '65.0' });
    expect(svg).toContain('0:05  link &lt;frozen&gt;, 2.5 s');
  });
});

describe('the panels of a soak run', () => {
  const sample = Object.fromEntries(COLUMNS.map((column, index) => [column, index])) as Sample;

  it('show every column', () => {
    const shown = panelsOf([sample], [], 20).flatMap(({ lines }) => lines.flatMap(({ values }) => values));
    expect(shown.toSorted((a, b) => a - b)).toEqual(COLUMNS.slice(1).map((_column, index) => index + 1));
  });

  it('report growth where it is checked', () => {
    const [settled, last] = [100, 105].map((mean) => ({ mean, lowest: mean })) as [Quarter, Quarter];
    const growth = { column: 'rss_mib' as const, settled, last, ratio: 1.05 };
    const [panel, ...others] = panelsOf([sample], [growth], 20);
    expect(panel?.title).toBe('resident memory, MiB: ×1.050');
    expect(panel?.levels).toEqual([
      { from: 5, to: 10, value: 100 },
      { from: 15, to: 20, value: 105 },
    ]);
    expect(others.flatMap(({ levels }) => levels)).toEqual([]);
  });
});
