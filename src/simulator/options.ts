import { parseArgs } from 'node:util';
import { listScenarios, loadScenario } from './scenarios/load-scenario.js';
import type { Scenario } from './scenarios/scenario.js';
import { ScenarioError } from './scenarios/scenario.error.js';

export const USAGE = `Usage: tetcore-analytics simulate [options]

Plays a network of nodes to a server, until Ctrl-C or for a given time; or lets it run straight into a database.

  --scenario S    what there is and what happens: a name or a JSON file  (small)
  --nodes N       how many nodes, 1 to 10000             (as in the scenario)
  --audit SHARE   share of sockets that send to /audit   (as in the scenario)
  --url URL       the server, ws:// or wss://            (ws://127.0.0.1:8080)
  --database URL  no server, but a database, postgres:// or postgresql://: months of history in minutes; needs --days
  --seed N        another number, another network        (1)
  --speed X       how many times faster than real time   (1)
  --duration S    stop after so many seconds             (runs on)
  --days D        stop after so many simulated days      (runs on)
  --as-fast-as-possible
                  in simulated time, as fast as the server takes it; drops nothing; needs --days
  --start TIME    when simulated time begins, RFC 3339   (so that it does not pass now, where that is possible)
  --show          print the scenario with every field as JSON, to start one from, and end
  --help          this text

Examples:
  tetcore-analytics simulate --nodes 20 --url ws://127.0.0.1:8080
  tetcore-analytics simulate --scenario finality-stall --speed 10 --duration 300
  tetcore-analytics simulate --scenario months --days 90 --database postgres://user@host/history

Scenarios:
${listScenarios()
  .map(({ name, description }) => `  ${name.padEnd(21)}${description}`)
  .join('\n')}

The same scenario, --seed, --nodes, --audit and --start give the same messages.

A server takes the time of a message (\`ts\`) from 7 days back to 1 day ahead only. What is older is stored under the
time at which it arrives; so more than 7 --days over sockets do not become history of that length. With --database
they do. The database is created and migrated where that is needed; from the environment come the server's own
settings for it: LOG_EXPIRY_H (the width of partitions), NUM_THREADS, DB_POOL_SIZE, MIGRATE_ON_START.
`;

interface CommonOptions {
  scenario: Scenario;
  /** The name of the scenario, or its file. */
  scenarioName: string;
  seed: number;
  /** When simulated time begins: milliseconds since the epoch. */
  startAt: number;
}

/** To play to a server. */
export interface PlayOptions extends CommonOptions {
  url: string;
  /** `Infinity`: as fast as possible. */
  speed: number;
  /** When simulated time ends: milliseconds since the epoch. `undefined`: when it is stopped. */
  endAt: number | undefined;
}

/** To fill a database. */
export interface DatabaseFillOptions extends CommonOptions {
  /** The URL of the database. */
  database: string;
  /** When simulated time ends: milliseconds since the epoch. */
  endAt: number;
}

export type SimulatorOptions = PlayOptions | DatabaseFillOptions;

/** The command line holds what cannot be used; the message says what. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const DAY_MS = 86_400_000;

/**
 * Reads the command line, and the scenario that it names.
 *
 * @param now milliseconds since the epoch
 * @returns `'help'` when the usage is asked for, and the scenario when only that is
 * @throws UsageError
 */
export function readOptions(
  args: readonly string[],
  now: number,
): SimulatorOptions | { show: Scenario } | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const scenarioName = values.scenario ?? 'small';
  const scenario = scenarioOption(scenarioName, values);
  if (values.show === true) return { show: scenario };
  const database = values.database === undefined ? undefined : databaseOption(values);
  const fast = values['as-fast-as-possible'] === true || database !== undefined;
  if (fast && values.speed !== undefined)
    throw new UsageError('Give --speed or --as-fast-as-possible, not both.');
  const speed = fast ? Infinity : numberOption('speed', values.speed ?? '1', 0.01, 100_000);
  const length = lengthOf(values, speed);
  // Faster than real time, a run of known length begins so far back that it ends now.
  const lead = length === undefined ? 0 : Math.max(0, length - length / speed);
  const startAt = values.start === undefined ? Math.floor(now - lead) : timeOption(values.start);
  const endAt = length === undefined ? undefined : startAt + length;
  const seed = numberOption('seed', values.seed ?? '1', 0, Number.MAX_SAFE_INTEGER, true);
  const common = { scenario, scenarioName, seed, startAt };
  if (database !== undefined && endAt !== undefined) return { ...common, database, endAt };
  return { ...common, url: urlOption(values.url ?? 'ws://127.0.0.1:8080'), speed, endAt };
}

type Values = ReturnType<typeof parse>;

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        scenario: text,
        nodes: text,
        audit: text,
        url: text,
        database: text,
        seed: text,
        speed: text,
        duration: text,
        days: text,
        'as-fast-as-possible': flag,
        start: text,
        show: flag,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function scenarioOption(name: string, { nodes, audit }: Values): Scenario {
  try {
    return loadScenario(name, {
      ...(nodes === undefined ? {} : { nodes: numberOption('nodes', nodes, 1, 10_000, true) }),
      ...(audit === undefined ? {} : { audit: numberOption('audit', audit, 0, 1) }),
    });
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** How long the run is in simulated time: milliseconds. */
function lengthOf({ days, duration }: Values, speed: number): number | undefined {
  if (days !== undefined && duration !== undefined)
    throw new UsageError('Give --days or --duration, not both.');
  if (days !== undefined) return numberOption('days', days, 0.0001, 3_650) * DAY_MS;
  if (speed === Infinity) throw new UsageError('--as-fast-as-possible needs --days.');
  return duration === undefined
    ? undefined
    : numberOption('duration', duration, 0.001, 31_536_000) * speed * 1000;
}

function numberOption(name: string, text: string, min: number, max: number, whole = false): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  throw new UsageError(
    `--${name} is "${text}", but takes a ${whole ? 'whole ' : ''}number from ${min} to ${max}.`,
  );
}

function urlOption(text: string): string {
  if (URL.canParse(text) && ['ws:', 'wss:'].includes(new URL(text).protocol)) return text;
  throw new UsageError(`--url is "${text}", but takes a URL that begins with ws:// or wss://.`);
}

/** Does not repeat what is given, which may hold a password. */
function databaseOption({ database = '', url, speed, days }: Values): string {
  if (url !== undefined) throw new UsageError('Give --url or --database, not both.');
  if (speed !== undefined)
    throw new UsageError('--database runs as fast as possible: give no --speed with it.');
  if (days === undefined) throw new UsageError('--database needs --days.');
  if (URL.canParse(database) && /^postgres(ql)?:\/\//.test(database)) return database;
  throw new UsageError('--database takes a URL that begins with postgres:// or postgresql://.');
}

function timeOption(text: string): number {
  const at = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && at >= 0) return at;
  throw new UsageError(`--start is "${text}", but takes a time such as 2021-02-09T10:00:00Z.`);
}
