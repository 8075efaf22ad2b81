import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { optionsCommand, readOptions } from './read-options.js';

const numbers = { minutes: 20, 'storm-rate': 500 };
const read = (...args: string[]): unknown => readOptions(numbers, ['out'], args);

describe('the options of a long test', () => {
  it('have defaults, which the command line overrides', () => {
    expect(read()).toEqual({ minutes: 20, 'storm-rate': 500, main: undefined });
    expect(read('--storm-rate', '0.5', '--out', 'there', '--dist', '.dist-other')).toEqual({
      minutes: 20,
      'storm-rate': 0.5,
      out: 'there',
      main: resolve('.dist-other/main.js'),
    });
  });

  it('are rejected if they are unknown or not numbers', () => {
    const parse = (...args: string[]) =>
      optionsCommand(numbers, ['out'])
        .exitOverride()
        .configureOutput({ writeErr: () => undefined })
        .parse(args, { from: 'user' });
    expect(() => parse('--hours', '1')).toThrow('--hours');
    expect(() => parse('--minutes', 'long')).toThrow("'--minutes <number>' argument 'long' is invalid");
    expect(() => parse('--minutes', '')).toThrow('It must be a number.');
  });

  it('are listed by --help with their defaults', () => {
    const help = optionsCommand(numbers, ['out']).helpInformation();
    expect(help).toMatch(/--minutes <number>.*\(default: 20\)/);
    expect(help).toContain('--out <text>');
  });
});
