import { describe, expect, it } from 'vitest';
import { readOptions, UsageError, USAGE } from './options.js';
import { listScenarios, loadScenario } from './scenarios/load-scenario.js';

const now = Date.UTC(2021, 1, 9, 9);

describe('readOptions', () => {
  it('has a default for everything', () => {
    expect(readOptions([], now)).toEqual({
      scenario: loadScenario('small'),
      scenarioName: 'small',
      url: 'ws://127.0.0.1:8080',
      seed: 1,
      speed: 1,
      startAt: now,
      endAt: undefined,
    });
  });

  it('reads what is given, and lets it count instead of what the scenario says', () => {
    const args =
      '--scenario forks --nodes 3 --audit=1 --url=wss://host/prefix --seed 7 --start 2020-01-01T00:00:00Z';
    expect(readOptions(args.split(' '), now)).toMatchObject({
      scenario: { nodes: 3, audit: 1, chains: [{ forks: { blocks: [1, 4] } }] },
      scenarioName: 'forks',
      url: 'wss://host/prefix',
      seed: 7,
      startAt: Date.UTC(2020, 0, 1),
    });
  });

  it('lets a fast run of known length begin in the past, so that it ends now', () => {
    const fast = readOptions(['--speed', '61', '--duration', '60'], now);
    expect(fast).toMatchObject({ startAt: now - 3_600_000, endAt: now + 60_000 });
    const fastest = readOptions(['--days', '2', '--as-fast-as-possible'], now);
    expect(fastest).toMatchObject({ speed: Infinity, startAt: now - 2 * 86_400_000, endAt: now });
  });

  it('fills a database instead of playing to a server', () => {
    const database = 'postgres://username:password@localhost/tetcore-analytics';
    const options = readOptions(['--scenario', 'months', '--days', '90', '--database', database], now);
    expect(options).toEqual({
      scenario: loadScenario('months'),
      scenarioName: 'months',
      database,
      seed: 1,
      startAt: now - 90 * 86_400_000,
      endAt: now,
    });
    const start = ['--start', '2021-01-01T00:00:00Z', '--as-fast-as-possible'];
    expect(readOptions(['--days', '1', '--database', database, ...start], now)).toMatchObject({
      startAt: Date.UTC(2021, 0, 1),
      endAt: Date.UTC(2021, 0, 2),
    });
  });

  it('does not repeat the URL of a database, which may hold a password', () => {
    const read = () => readOptions(['--days', '1', '--database', 'postgres:hunter2@localhost/x'], now);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(/^((?!hunter2).)*$/s);
  });

  it('gives the whole scenario when it is to be shown', () => {
    expect(readOptions(['--show', '--scenario', 'traces'], now)).toEqual({ show: loadScenario('traces') });
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
    [['--days', '1', '--duration', '5'], 'not both'],
    [['--as-fast-as-possible'], 'needs --days'],
    [['--as-fast-as-possible', '--speed', '2', '--days', '1'], 'not both'],
    [['--database', 'http://localhost/x', '--days', '1'], 'postgres://'],
    [['--database', 'postgres://localhost/x'], '--database needs --days'],
    [['--database', 'postgres://localhost/x', '--duration', '5'], '--database needs --days'],
    [['--database', 'postgres://localhost/x', '--days', '1', '--url', 'ws://localhost'], 'not both'],
    [['--database', 'postgres://localhost/x', '--days', '1', '--speed', '2'], 'no --speed'],
    [['--scenario', 'no-such-thing'], 'neither one of small, mainnet'],
  ])('refuses %j and says why', (args, word) => {
    expect(() => readOptions(args, now)).toThrow(UsageError);
    expect(() => readOptions(args, now)).toThrow(word);
  });

  it('names every scenario in the help text', () => {
    for (const { name, description } of listScenarios()) {
      expect(USAGE).toContain(name);
      expect(USAGE).toContain(description);
    }
  });
});
