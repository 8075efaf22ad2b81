import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run simulate -- [options]

Plays a small network of nodes to a server, until Ctrl-C or for a given time.

  --nodes N      how many nodes, 1 to 10000            (20)
  --url URL      the server, ws:// or wss://           (ws://127.0.0.1:8080)
  --audit SHARE  share of nodes that send to /audit    (0.2)
  --seed N       another number, another network       (1)
  --speed X      how many times faster than real time  (1)
  --duration S   stop after so many seconds            (runs on)
  --start TIME   when simulated time begins, RFC 3339  (so that it does not pass now, where that is possible)
  --help         this text

The same --seed, --nodes, --audit and --start give the same messages.
`;

export interface SimulatorOptions {
  nodes: number;
  url: string;
  audit: number;
  seed: number;
  speed: number;
  /** Seconds of real time; `undefined`: until it is stopped. */
  duration: number | undefined;
  /** When simulated time begins: milliseconds since the epoch. */
  startAt: number;
}

/** The command line holds what cannot be used; the message says what. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/**
 * Reads the command line.
 *
 * @param now milliseconds since the epoch
 * @returns `'help'` when the usage is asked for
 * @throws UsageError
 */
export function readOptions(args: readonly string[], now: number): SimulatorOptions | 'help' {
  const values = parse(args);
  if (values.help === true) return 'help';
  const speed = numberOption('speed', values.speed ?? '1', 0.01, 100_000);
  const duration =
    values.duration === undefined ? undefined : numberOption('duration', values.duration, 0.001, 31_536_000);
  // Faster than real time, a run of known length begins so far back that it ends now.
  const lead = duration === undefined ? 0 : Math.max(0, duration * (speed - 1) * 1000);
  return {
    nodes: numberOption('nodes', values.nodes ?? '20', 1, 10_000, true),
    url: urlOption(values.url ?? 'ws://127.0.0.1:8080'),
    audit: numberOption('audit', values.audit ?? '0.2', 0, 1),
    seed: numberOption('seed', values.seed ?? '1', 0, Number.MAX_SAFE_INTEGER, true),
    speed,
    duration,
    startAt: values.start === undefined ? Math.floor(now - lead) : timeOption(values.start),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      options: {
        nodes: text,
        url: text,
        audit: text,
        seed: text,
        speed: text,
        duration: text,
        start: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
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

function timeOption(text: string): number {
  const at = Date.parse(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && at >= 0) return at;
  throw new UsageError(`--start is "${text}", but takes a time such as 2021-02-09T10:00:00Z.`);
}
