import { Command, InvalidArgumentError } from 'commander';
import { POSTGRES_URL, readPostgresUrl } from '../platform/postgres-url/index.js';
import { listScenarios, loadScenario } from './scenarios/load-scenario.js';
import type { Scenario } from './scenarios/scenario.js';
import { ScenarioError } from './scenarios/scenario-fields.js';
import type { TruthOptions } from './truth/open-truth.js';
import { TRUTH_KINDS, type TruthKind } from './truth/truth-log.js';

const DAY_MS = 86_400_000;
const DEFAULT_URL = 'ws://127.0.0.1:8080';

const EXAMPLES = `
Examples:
  tetcore-analytics simulate --nodes 20 --url ws://127.0.0.1:8080
  tetcore-analytics simulate --scenario finality-stall --speed 10 --duration 300
  tetcore-analytics simulate --scenario months --days 90 --database postgres://user@host/history
  tetcore-analytics simulate --scenario history --days 0.25 --database postgres://user@host/history --truth truth.ndjson`;

const NOTES = `
The same scenario, --seed, --nodes, --audit and --start produce the same messages.

A server accepts message timestamps (\`ts\`) from 7 days back to 1 day ahead. Older messages are stored with their time
of arrival, so more than 7 --days over sockets do not produce history of that length; with --database they do. The
database is created and migrated if needed. These settings of the server apply to it: LOG_EXPIRY_H (width of
partitions), NUM_THREADS, DB_POOL_SIZE, MIGRATE_ON_START.`;

interface CommonOptions {
  scenario: Scenario;
  /** The name of the scenario, or its file. */
  scenarioName: string;
  seed: number;
  /** Start of simulated time: milliseconds since the epoch. */
  startAt: number;
  /** Where to write what really happens. */
  truth?: TruthOptions;
}

/** Options of a simulation that sends to a server. */
export interface PlayOptions extends CommonOptions {
  url: string;
  /** Speed relative to real time. `Infinity`: as fast as possible. */
  speed: number;
  /** End of simulated time: milliseconds since the epoch. `undefined`: until the process is stopped. */
  endAt: number | undefined;
}

/** Options of a simulation that writes to a database. */
export interface DatabaseFillOptions extends CommonOptions {
  /** The URL of the database. */
  database: string;
  /** End of simulated time: milliseconds since the epoch. */
  endAt: number;
}

export type SimulatorOptions = PlayOptions | DatabaseFillOptions;

/** Command-line options that cannot be combined or used; the message has the reason. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The options as commander returns them. */
interface CommandOptions {
  scenario: string;
  nodes?: number;
  audit?: number;
  url?: string;
  database?: string;
  seed: number;
  speed?: number;
  duration?: number;
  days?: number;
  asFastAsPossible?: true;
  start?: number;
  truth?: string;
  truthKinds?: TruthKind[];
  show?: true;
}

/** The command `simulate`. Code for playing and writing is loaded when it runs. */
export function simulateCommand(): Command {
  return withOptions(new Command('simulate')).action(async (options: CommandOptions, command: Command) => {
    const read = readOptions(options, Date.now(), command);
    if ('show' in read) {
      process.stdout.write(`${JSON.stringify(read.show, null, 2)}\n`);
      return;
    }
    const { runSimulator } = await import('./run-simulator.js');
    process.exitCode = await runSimulator(read);
  });
}

/**
 * Parses a command line without running it.
 *
 * @param now milliseconds since the epoch
 * @returns the scenario if only that is to be printed
 * @throws CommanderError, UsageError
 */
export function parseSimulateOptions(
  args: readonly string[],
  now: number,
): SimulatorOptions | { show: Scenario } {
  const command = withOptions(new Command('simulate'))
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  return resolveOptions(command.parse([...args], { from: 'user' }).opts<CommandOptions>(), now);
}

function withOptions(command: Command): Command {
  return command
    .summary('send the telemetry of a simulated network to a server or into a database')
    .description(
      'Simulates a network of nodes and sends their telemetry to a server, until Ctrl-C or for a given time; or writes ' +
        'it directly into a database.',
    )
    .option('--scenario <name>', 'built-in scenario, or a JSON file', 'small')
    .option('--nodes <number>', 'number of nodes (default: from the scenario)', number(1, 10_000, true))
    .option(
      '--audit <share>',
      'share of sockets that send to /audit (default: from the scenario)',
      number(0, 1),
    )
    .option('--url <url>', `server, ws:// or wss:// (default: "${DEFAULT_URL}")`)
    .option(
      '--database <url>',
      'database instead of a server, postgres:// or postgresql://: months of history in minutes; needs --days',
    )
    .option(
      '--seed <number>',
      'seed of the random numbers; each seed gives a different network',
      number(0, Number.MAX_SAFE_INTEGER, true),
      1,
    )
    .option('--speed <factor>', 'speed relative to real time (default: 1)', number(0.01, 100_000))
    .option('--duration <seconds>', 'stop after this time (default: until Ctrl-C)', number(0.001, 31_536_000))
    .option(
      '--days <number>',
      'stop after this many simulated days (default: until Ctrl-C)',
      number(0.0001, 3_650),
    )
    .option(
      '--as-fast-as-possible',
      'run in simulated time, as fast as the server accepts messages, without dropping any; needs --days',
    )
    .option(
      '--start <time>',
      'start of simulated time, RFC 3339 (default: such that it ends now, or now)',
      time,
    )
    .option('--truth <file>', 'write what really happens in the network to this file, as JSON lines')
    .option(
      '--truth-kinds <list>',
      `only these kinds of lines, with commas between: ${TRUTH_KINDS.join(', ')}`,
      truthKinds,
    )
    .option('--show', 'print the complete scenario as JSON, as a template for your own, and exit')
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', scenarioList)
    .addHelpText('after', NOTES);
}

function scenarioList(): string {
  const rows = listScenarios().map(({ name, description }) => `  ${name.padEnd(21)}${description}`);
  return `\n${['Scenarios:', ...rows].join('\n')}`;
}

function readOptions(
  options: CommandOptions,
  now: number,
  command: Command,
): SimulatorOptions | { show: Scenario } {
  try {
    return resolveOptions(options, now);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return command.error(`error: ${error.message}`);
  }
}

/** @throws UsageError */
function resolveOptions(options: CommandOptions, now: number): SimulatorOptions | { show: Scenario } {
  const { scenario: scenarioName, seed } = options;
  const scenario = scenarioOf(options);
  if (options.show === true) return { show: scenario };
  const database = options.database === undefined ? undefined : databaseOf(options);
  const fast = options.asFastAsPossible === true || database !== undefined;
  if (fast && options.speed !== undefined)
    throw new UsageError('Use --speed or --as-fast-as-possible, not both.');
  const speed = fast ? Infinity : (options.speed ?? 1);
  const length = lengthOf(options, speed);
  // A run of known length that is faster than real time starts in the past, so that simulated time ends now.
  const lead = length === undefined ? 0 : Math.max(0, length - length / speed);
  const startAt = options.start ?? Math.floor(now - lead);
  const endAt = length === undefined ? undefined : startAt + length;
  const common = { scenario, scenarioName, seed, startAt, ...truthOf(options) };
  if (database !== undefined && endAt !== undefined) return { ...common, database, endAt };
  return { ...common, url: urlOf(options), speed, endAt };
}

function scenarioOf({ scenario, nodes, audit }: CommandOptions): Scenario {
  try {
    return loadScenario(scenario, {
      ...(nodes === undefined ? {} : { nodes }),
      ...(audit === undefined ? {} : { audit }),
    });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

function truthOf({ truth, truthKinds }: CommandOptions): { truth?: TruthOptions } {
  if (truth !== undefined) return { truth: { file: truth, kinds: truthKinds } };
  if (truthKinds !== undefined) throw new UsageError('--truth-kinds needs --truth.');
  return {};
}

/** The length of the run in simulated time: milliseconds. */
function lengthOf({ days, duration }: CommandOptions, speed: number): number | undefined {
  if (days !== undefined && duration !== undefined)
    throw new UsageError('Use --days or --duration, not both.');
  if (days !== undefined) return days * DAY_MS;
  if (speed === Infinity) throw new UsageError('--as-fast-as-possible needs --days.');
  return duration === undefined ? undefined : duration * speed * 1000;
}

function urlOf({ url = DEFAULT_URL }: CommandOptions): string {
  if (URL.canParse(url) && ['ws:', 'wss:'].includes(new URL(url).protocol)) return url;
  throw new UsageError(`--url is "${url}", but must be a URL that starts with ws:// or wss://.`);
}

/** Errors do not repeat the URL, which may have a password. */
function databaseOf({ database = '', url, speed, days }: CommandOptions): string {
  if (url !== undefined) throw new UsageError('Use --url or --database, not both.');
  if (speed !== undefined)
    throw new UsageError('--database runs as fast as possible and does not allow --speed.');
  if (days === undefined) throw new UsageError('--database needs --days.');
  const result = readPostgresUrl(database);
  if ('url' in result) return result.url;
  throw new UsageError(`--database is ${result.fault}, but must be ${POSTGRES_URL}.`);
}

function number(min: number, max: number, integer = false): (text: string) => number {
  return (text) => {
    const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
    if (value >= min && value <= max && (!integer || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(
      `It must be ${integer ? 'an integer' : 'a number'} from ${min} to ${max}.`,
    );
  };
}

function truthKinds(text: string): TruthKind[] {
  return text.split(',').map((name) => {
    const kind = TRUTH_KINDS.find((one) => one === name.trim());
    if (kind === undefined) throw new InvalidArgumentError(`"${name}" is none of ${TRUTH_KINDS.join(', ')}.`);
    return kind;
  });
}

function time(text: string): number {
  const at = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && at >= 0) return at;
  throw new InvalidArgumentError('It must be a time such as 2021-02-09T10:00:00Z.');
}
