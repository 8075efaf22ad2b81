import { describe, expect, it } from 'vitest';
import {
  findUnstorable,
  MAX_DEPTH,
  MAX_EXPONENT_DIGITS,
  MAX_FRACTION_DIGITS,
  MAX_INTEGER_DIGITS,
} from './storable.js';

const withNumber = (number: string): string => `{"n":${number}}`;
const whole = (digits: number): string => '9'.repeat(digits);
const fraction = (digits: number): string => `0.${'1'.repeat(digits)}`;

describe('text that jsonb accepts', () => {
  it.each([
    ['hashes that look like exponents', '{"best":"0x1e99999e123456","h":"1e400000"}'],
    ['large exponents inside of strings, next to what ends a number', '{"a":"1e400000,1e400000 ","b":1e5}'],
    ['an escaped backslash before u0000', '{"a":"\\\\u0000"}'],
    ['an escaped backslash before ud800', '{"a":"\\\\ud800"}'],
    ['a pair of surrogates', '{"a":"\\ud83d\\ude00","\\uD83D\\uDE00":"\\u0041"}'],
    ['other control characters', '{"a":"\\u0001\\b\\f\\u001f"}'],
    ['the deepest nesting', `{"a":${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}}`],
    ['many objects side by side', `{"a":[${'{"b":[]},'.repeat(MAX_DEPTH)}{}]}`],
    [
      'brackets inside of strings',
      `{"a":"${'['.repeat(3 * MAX_DEPTH)}","b":"\\"${'{'.repeat(3 * MAX_DEPTH)}"}`,
    ],
    ['a number beyond a double', withNumber('1e400')],
    ['the largest power of ten', withNumber('1e131071')],
    ['the largest power of ten, with zeros', withNumber('-0.0001E+000131075')],
    ['the smallest power of ten', withNumber('1e-16383')],
    ['the most digits', withNumber(`${whole(MAX_INTEGER_DIGITS)}.${whole(MAX_FRACTION_DIGITS)}`)],
    ['digits behind the point that an exponent moves before it', withNumber(`${fraction(16_384)}e1`)],
    ['zero with a large exponent', withNumber('0e400000')],
  ])('is found storable: %s', (_, text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(findUnstorable(text)).toBeNull();
  });
});

describe('text that jsonb rejects', () => {
  it.each([
    ['1e131072'],
    ['-1E+131072'],
    ['0.0001e131076'],
    ['1e-16384'],
    ['0e-16384'],
    ['1e-20000'],
    ['1e400000'],
    ['0e1073741823'],
    ['1e99999999999999999999'],
    ['1e-99999999999999999999'],
    [whole(MAX_INTEGER_DIGITS + 1)],
    [fraction(MAX_FRACTION_DIGITS + 1)],
    [`1.${'0'.repeat(MAX_FRACTION_DIGITS + 1)}`],
    [`${fraction(MAX_FRACTION_DIGITS)}e-1`],
  ])('has a number outside of numeric: %.30s', (number) => {
    expect(findUnstorable(withNumber(number))).toBe('number_out_of_range');
    expect(findUnstorable(`{"a":[1,${number} ,"b"]}`)).toBe('number_out_of_range');
  });

  it.each([
    ['{"a":"\\u0000"}', 'nul_character'],
    ['{"a":"\\\\\\u0000"}', 'nul_character'],
    ['{"a\\u0000":1}', 'nul_character'],
    ['{"a":"\\ud800"}', 'lone_surrogate'],
    ['{"a":"\\uDFFF"}', 'lone_surrogate'],
    ['{"a":"\\ude00\\ud83d"}', 'lone_surrogate'],
    ['{"a":"\\ud800\\ud83d\\ude00"}', 'lone_surrogate'],
    ['{"a":"\\ud83d\\ude00\\ude00"}', 'lone_surrogate'],
    ['{"a":"\\ud83d\\n\\ude00"}', 'lone_surrogate'],
    ['{"a":"\\ud83d\\u0041"}', 'lone_surrogate'],
    ['{"a":"\\ud83d","b":"\\ude00"}', 'lone_surrogate'],
  ])('has an escape that PostgreSQL cannot store: %s', (text, reason) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
    expect(findUnstorable(text)).toBe(reason);
  });

  it('may be nested too deep', () => {
    expect(findUnstorable(`{"a":${'['.repeat(MAX_DEPTH)}${']'.repeat(MAX_DEPTH)}}`)).toBe('too_deep');
    expect(findUnstorable('{"a":'.repeat(MAX_DEPTH + 1) + '1' + '}'.repeat(MAX_DEPTH + 1))).toBe('too_deep');
  });
});

it('rejects numbers with exponents that have too many digits together', () => {
  const fits = Math.floor(MAX_EXPONENT_DIGITS / MAX_INTEGER_DIGITS);
  expect(findUnstorable(`{"a":[${Array(fits).fill('1e131071').join(',')}]}`)).toBeNull();
  expect(
    findUnstorable(
      `{"a":[${Array(fits + 1)
        .fill('1e131071')
        .join(',')}]}`,
    ),
  ).toBe('number_out_of_range');
  expect(findUnstorable(`{"a":[${Array(2000).fill('1e999').join(',')}]}`)).toBe('number_out_of_range');
  expect(findUnstorable(`{"a":[${Array(2000).fill('1.25e-7').join(',')}]}`)).toBeNull();
});
