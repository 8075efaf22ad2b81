import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readOptions } from './read-options.js';

const numbers = { minutes: 20, 'storm-rate': 500 };
const read = (...args: string[]): unknown => readOptions(numbers, ['out'], args);

describe('the options of a long test', () => {
  it('have defaults, and given values instead', () => {
    expect(read()).toEqual({ minutes: 20, 'storm-rate': 500, main: undefined });
    expect(read('--storm-rate', '0.5', '--out', 'there', '--dist', '.dist-other')).toEqual({
      minutes: 20,
      'storm-rate': 0.5,
      out: 'there',
      main: resolve('.dist-other/main.js'),
    });
  });

  it('are rejected if they are unknown or not numbers', () => {
    expect(() => read('--hours', '1')).toThrow('--hours');
    expect(() => read('--minutes', 'long')).toThrow('--minutes takes a number, not "long".');
    expect(() => read('--minutes', '')).toThrow('--minutes takes a number');
  });
});
