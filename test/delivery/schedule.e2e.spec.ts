import { describe, expect, it } from 'vitest';
import { drawSchedule } from './schedule/draw-schedule.js';
import { FAULT_KINDS } from './schedule/fault-kinds.js';

const options = {
  seed: 7,
  faults: 2 * FAULT_KINDS.length + 5,
  messages: 100_000,
  replicas: 2,
  longestMs: 10_000,
};

describe('a schedule of faults', () => {
  it('is the same for the same seed, and differs for another', () => {
    expect(drawSchedule(options)).toEqual(drawSchedule(options));
    expect(drawSchedule({ ...options, seed: 8 })).not.toEqual(drawSchedule(options));
  });

  it('has every kind at least twice if there are enough faults', () => {
    for (let seed = 1; seed <= 50; seed += 1) {
      const schedule = drawSchedule({ ...options, seed });
      expect(schedule).toHaveLength(options.faults);
      for (const kind of FAULT_KINDS) {
        expect(schedule.filter((fault) => fault.kind === kind).length, kind).toBeGreaterThanOrEqual(2);
      }
    }
  });

  it('has no kind twice if there are fewer faults than kinds', () => {
    const kinds = drawSchedule({ ...options, faults: 9 }).map(({ kind }) => kind);
    expect(new Set(kinds).size).toBe(9);
  });

  it('covers the run from begin to end', () => {
    const at = drawSchedule(options).map((fault) => fault.at);
    expect(at).toEqual(at.toSorted((a, b) => a - b));
    expect(Math.min(...at)).toBeGreaterThan(0);
    expect(Math.max(...at)).toBeLessThan(options.messages);
  });
});
