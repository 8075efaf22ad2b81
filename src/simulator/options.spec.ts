import { describe, expect, it } from 'vitest';
import { readOptions, UsageError } from './options.js';

const now = Date.UTC(2021, 1, 9, 9);

describe('readOptions', () => {
  it('has a default for everything', () => {
    expect(readOptions([], now)).toEqual({
      nodes: 20,
      url: 'ws://127.0.0.1:8080',
      audit: 0.2,
      seed: 1,
      speed: 1,
      duration: undefined,
      startAt: now,
    });
  });

  it('reads what is given', () => {
    const args = [
      '--nodes',
      '3',
      '--url=wss://host/prefix',
      '--seed',
      '7',
      '--start',
      '2020-01-01T00:00:00Z',
    ];
    expect(readOptions(args, now)).toMatchObject({
      nodes: 3,
      url: 'wss://host/prefix',
      seed: 7,
      startAt: Date.UTC(2020, 0, 1),
    });
  });

  it('lets a fast run of known length begin in the past, so that it ends now', () => {
    expect(readOptions(['--speed', '61', '--duration', '60'], now)).toMatchObject({
      startAt: now - 3_600_000,
    });
  });

  it('knows when help is asked for', () => {
    expect(readOptions(['--help'], now)).toBe('help');
  });

  it.each([
    [['--nodes', '0'], '--nodes'],
    [['--nodes', '2.5'], '--nodes'],
    [['--audit', '1.1'], '--audit'],
    [['--speed', 'fast'], '--speed'],
    [['--url', 'http://127.0.0.1:8080'], 'ws://'],
    [['--start', 'yesterday'], '--start'],
    [['--colour', 'red'], '--colour'],
    [['more'], 'more'],
  ])('refuses %j and says why', (args, word) => {
    expect(() => readOptions(args, now)).toThrow(UsageError);
    expect(() => readOptions(args, now)).toThrow(word);
  });
});
