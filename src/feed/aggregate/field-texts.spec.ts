import { describe, expect, it } from 'vitest';
import { fieldTexts } from './field-texts.js';

describe('fieldTexts', () => {
  it('cuts fields out as they stand, with every digit', () => {
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
