import { CommanderError } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseSimulateOptions, simulateCommand, UsageError } from './simulate-command.js';
import { listScenarios, loadScenario } from './scenarios/load-scenario.js';

const now = Date.UTC(2021, 1, 9, 9);

describe('the options of simulate', () => {
  it('have defaults', () => {
    expect(parseSimulateOptions([], now)).toEqual({
      scenario: loadScenario('small'),
      scenarioName: 'small',
      url: 'ws://127.0.0.1:8080',
      seed: 1,
      speed: 1,
      startAt: now,
      endAt: undefined,
    });
  });

  it('override values of the scenario', () => {
    const args =
      '--scenario forks --nodes 3 --audit=1 --url=wss://host/prefix --seed 7 --start 2020-01-01T00:00:00Z';
    expect(parseSimulateOptions(args.split(' '), now)).toMatchObject({
      scenario: { nodes: 3, audit: 1, chains: [{ forks: { blocks: [1, 4] } }] },
      scenarioName: 'forks',
      url: 'wss://host/prefix',
      seed: 7,
      startAt: Date.UTC(2020, 0, 1),
    });
  });

  it('start a fast run of known length in the past, so that it ends now', () => {
    const fast = parseSimulateOptions(['--speed', '61', '--duration', '60'], now);
    expect(fast).toMatchObject({ startAt: now - 3_600_000, endAt: now + 60_000 });
    const fastest = parseSimulateOptions(['--days', '2', '--as-fast-as-possible'], now);
    expect(fastest).toMatchObject({ speed: Infinity, startAt: now - 2 * 86_400_000, endAt: now });
  });

  it('select a database instead of a server', () => {
    const database = 'postgres://username:password@localhost/tetcore-analytics';
    const options = parseSimulateOptions(
      ['--scenario', 'months', '--days', '90', '--database', database],
      now,
    );
    expect(options).toEqual({
      scenario: loadScenario('months'),
      scenarioName: 'months',
      database,
      seed: 1,
      startAt: now - 90 * 86_400_000,
      endAt: now,
    });
    const start = ['--start', '2021-01-01T00:00:00Z', '--as-fast-as-possible'];
    expect(parseSimulateOptions(['--days', '1', '--database', database, ...start], now)).toMatchObject({
      startAt: Date.UTC(2021, 0, 1),
      endAt: Date.UTC(2021, 0, 2),
    });
  });

  it('are rejected without repeating the URL of a database', () => {
    const read = () =>
      parseSimulateOptions(['--days', '1', '--database', 'postgres:hunter2@localhost/x'], now);
    expect(read).toThrow(UsageError);
    expect(read).toThrow(/^((?!hunter2).)*$/s);
  });

  it('write the truth to a file, of all kinds or of some', () => {
    const parse = (more: string[]) => parseSimulateOptions(['--truth', 'out.ndjson', ...more], now);
    expect(parse([])).toMatchObject({ truth: { file: 'out.ndjson', kinds: undefined } });
    const some = ['--truth-kinds', 'fork, stall', '--days', '1', '--database', 'postgres://localhost/x'];
    expect(parse(some)).toMatchObject({ truth: { file: 'out.ndjson', kinds: ['fork', 'stall'] } });
  });

  it('return the complete scenario with --show', () => {
    expect(parseSimulateOptions(['--show', '--scenario', 'traces'], now)).toEqual({
      show: loadScenario('traces'),
    });
  });

  it.each([
    [['--nodes', '0'], '--nodes'],
    [['--nodes', '2.5'], '--nodes'],
    [['--audit', '1.1'], '--audit'],
    [['--speed', 'fast'], '--speed'],
    [['--url', 'http://127.0.0.1:8080'], 'ws://'],
    [['--start', 'yesterday'], '--start'],
    [['--colour', 'red'], '--colour'],
    [['more'], 'too many arguments'],
    [['--days', '1', '--duration', '5'], 'not both'],
    [['--as-fast-as-possible'], 'needs --days'],
    [['--as-fast-as-possible', '--speed', '2', '--days', '1'], 'not both'],
    [['--database', 'http://localhost/x', '--days', '1'], 'postgres://'],
    [['--database', 'postgres://localhost/x'], '--database needs --days'],
    [['--database', 'postgres://localhost/x', '--duration', '5'], '--database needs --days'],
    [['--database', 'postgres://localhost/x', '--days', '1', '--url', 'ws://localhost'], 'not both'],
    [['--database', 'postgres://localhost/x', '--days', '1', '--speed', '2'], 'does not allow --speed'],
    [['--truth-kinds', 'fork'], '--truth-kinds needs --truth'],
    [['--truth', 'x', '--truth-kinds', 'fork,spoon'], '"spoon" is none of chain, node,'],
    [['--scenario', 'no-such-thing'], 'neither one of small, mainnet'],
  ])('are rejected with the reason: %j', (args, word) => {
    const parse = () => parseSimulateOptions(args, now);
    expect(parse).toThrow(word);
    expect(parse).toThrow(expect.toSatisfy(isUsageError) as Error);
  });

  it('have a help text with every scenario', () => {
    let help = '';
    const command = simulateCommand().configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    for (const { name, description } of listScenarios()) {
      expect(help).toContain(name);
      expect(help).toContain(description);
    }
  });
});

function isUsageError(error: unknown): boolean {
  return error instanceof UsageError || error instanceof CommanderError;
}
