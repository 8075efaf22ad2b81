import { describe, expect, it } from 'vitest';
import { fieldTexts, sampleOf } from './sample.js';

describe('fieldTexts', () => {
  it('returns the exact text of fields, with every digit', () => {
    const text =
      '{"id": 18446744073709551615, "name": "a \\"b\\" \\\\", "time": 1.50, "list": [1, {"time": 2}, "]}"], "last": null}';
    expect(fieldTexts(text, ['time', 'id', 'name', 'list', 'last', 'none'])).toEqual([
      '1.50',
      '18446744073709551615',
      '"a \\"b\\" \\\\"',
      '[1, {"time": 2}, "]}"]',
      'null',
      undefined,
    ]);
  });

  it('finds names that need escapes, and none within values', () => {
    expect(fieldTexts('{"a\\"b": 1, "c": "\\"time\\": 5", "d": {"time": 6}}', ['a"b', 'time'])).toEqual([
      '1',
      undefined,
    ]);
    expect(fieldTexts('{}', ['time'])).toEqual([undefined]);
  });
});

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
