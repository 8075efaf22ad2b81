import { describe, expect, it } from 'vitest';
import { ReportWindows, type TimeWindow } from './report-windows.js';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

/** Every window, where none has more reports than are read at once. */
function all(range: TimeWindow, now: number): TimeWindow[] {
  const windows = new ReportWindows(range, now);
  const found: TimeWindow[] = [];
  for (let window = windows.current; window !== undefined; window = windows.current) {
    found.push(window);
    windows.next();
  }
  return found;
}

describe('ReportWindows', () => {
  it('covers the range without gaps, newest first, and ten years in a dozen steps', () => {
    const range = { from: 0, to: 10 * YEAR_MS };
    const found = all(range, range.to);
    expect(found.length).toBeLessThan(12);
    expect(found[0]).toEqual({ from: range.to - HOUR_MS, to: range.to });
    expect(found.slice(1).map(({ to }) => to)).toEqual(found.slice(0, -1).map(({ from }) => from));
    expect(found.at(-1)?.from).toBe(0);
  });

  it('begins with the last hour and all later times', () => {
    const now = 100 * HOUR_MS;
    expect(all({ from: 0, to: now + 24 * HOUR_MS }, now)[0]).toEqual({
      from: now - HOUR_MS,
      to: now + 24 * HOUR_MS,
    });
  });

  it('shortens windows with many reports, and skips none of the same time', () => {
    const windows = new ReportWindows({ from: 0, to: 1_000 * HOUR_MS }, 1_000 * HOUR_MS);
    const last = 1_000 * HOUR_MS - 60_000;
    windows.continueBefore(last);
    expect(windows.current).toEqual({ from: last + 1 - 120_000, to: last + 1 });
    windows.continueBefore(last);
    expect(windows.current).toEqual({ from: last + 1 - 1_000, to: last + 1 });
  });

  it('begins a window at a boundary, and at a time that it is given', () => {
    const windows = new ReportWindows({ from: 0, to: 20 * HOUR_MS }, 20 * HOUR_MS, 18 * HOUR_MS);
    const found: TimeWindow[] = [];
    for (let window = windows.current; window !== undefined; window = windows.current) {
      found.push(window);
      windows.next();
    }
    expect(found.map(({ to }) => to / HOUR_MS)).toEqual([20, 19, 18, 2]);
    expect(found.map(({ from }) => from / HOUR_MS)).toEqual([19, 18, 2, 0]);

    const shortened = new ReportWindows({ from: 0, to: 20 * HOUR_MS }, 20 * HOUR_MS);
    shortened.next();
    shortened.beginAt(17 * HOUR_MS);
    expect(shortened.current).toEqual({ from: 17 * HOUR_MS, to: 19 * HOUR_MS });
    shortened.next();
    expect(shortened.current).toEqual({ from: HOUR_MS, to: 17 * HOUR_MS });
  });

  it('has no window for an empty range', () => {
    expect(all({ from: 5, to: 5 }, 5)).toEqual([]);
    expect(all({ from: 9, to: 5 }, 7)).toEqual([]);
  });
});
