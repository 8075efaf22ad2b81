import { OperatorError } from '../platform/errors/index.js';
import { earlyLine } from '../preflight.mjs';
import { entriesOf, formatError, printable } from '../server/index.js';
import { connectionFault } from '../storage/index.js';

export { formatSize } from '../platform/disk/index.js';

/** A command cannot be executed. The message has the remedy. */
export class CommandError extends OperatorError {
  override readonly name = 'CommandError';
}

/**
 * A CommandError with the remedy if a connection to the database failed; otherwise the error itself.
 *
 * @param url of the database
 */
export function explainConnection(error: unknown, url: string): unknown {
  const fault = connectionFault(error, url);
  return fault === undefined ? error : new CommandError(`${fault.cause} ${fault.advice}`, { cause: error });
}

/** Prints a line. Control characters are escaped, since parts of it may come from untrusted clients. */
export function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Prints a value as JSON. */
export function printJson(value: unknown): void {
  for (const line of JSON.stringify(value, null, 2).split('\n')) print(line);
}

/** Prints an error to standard error, escaped as by {@link print}, in the format of the log. */
export function printError(error: unknown): void {
  for (const line of entriesOf(formatError(error)))
    process.stderr.write(`${printable(earlyLine('error', line))}\n`);
}

/** The message of an error without its stack. */
export function messageOf(error: unknown): string {
  return formatError(error).replace(/\n {4,}at .*/g, '');
}

const AGE_UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

/** A time span in its largest unit, rounded down: `3 h`. */
export function formatAge(seconds: number): string {
  const [size, unit] = AGE_UNITS.find(([unitS]) => seconds >= unitS) ?? [1, 's'];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit}`;
}
