import { describe, expect, it } from 'vitest';
import { judge, type Scores } from './reference-hardware.js';

const enough: Scores = {
  cpu: 783,
  parallel_cpu: 966,
  memory: 11_768,
  disk_sequential: 950,
  disk_random: 420,
};

describe('judge', () => {
  it('accepts the whole numbers that nodes send of exactly the minimum', () => {
    expect(judge(enough, true, 'blake2-783').failed).toEqual([]);
    expect(judge(enough, true, 'blake2-1000').failed).toEqual(['cpu', 'parallel_cpu']);
  });

  it('names what is too low, and how far the worst is', () => {
    const scores = { ...enough, memory: 5_884, disk_random: 419 };
    expect(judge(scores, false, 'blake2-783')).toEqual({
      failed: ['memory', 'disk_random'],
      ratio: expect.closeTo(0.5, 4) as number,
    });
  });

  it('requires all cores of authorities only, and nothing that was not measured', () => {
    const scores = { ...enough, parallel_cpu: 100, disk_sequential: null, disk_random: null };
    expect(judge(scores, false, 'blake2-783').failed).toEqual([]);
    expect(judge(scores, true, 'blake2-783').failed).toEqual(['parallel_cpu']);
  });
});
