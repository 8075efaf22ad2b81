import { describe, expect, it } from 'vitest';
import { sampleOf } from './sample.js';

describe('sampleOf', () => {
  it.each([
    ['7', 7, 7n],
    ['"7"', 7, 7n],
    ['" +7 "', 7, 7n],
    ['-1.5', -1.5, undefined],
    ['2.0', 2, 2n],
    ['"1e3"', 1000, 1000n],
    ['18446744073709551615', 2 ** 64, 18446744073709551615n],
  ])('takes %s as a number', (json, number, whole) => {
    expect(sampleOf(`{"time": ${json}}`, 'time')).toEqual({ number, whole, target: 'null', name: 'null' });
  });

  it.each([
    'null',
    'true',
    '[1]',
    '{"a": 1}',
    '""',
    '"1 ms"',
    '"0x10"',
    '"1e9999"',
    '"Infinity"',
    `"${'1'.repeat(500)}"`,
  ])('takes %s as none', (json) => {
    expect(sampleOf(`{"time": ${json}}`, 'time')).toBeUndefined();
    expect(sampleOf('{"other": 1}', 'time')).toBeUndefined();
  });
});
