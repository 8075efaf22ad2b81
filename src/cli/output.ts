import { OperatorError } from '../platform/errors/index.js';
import { entriesOf, formatError, printable } from '../server/index.js';

const UNITS = ['kiB', 'MiB', 'GiB', 'TiB'];

/** A command cannot be executed. The message has the remedy. */
export class CommandError extends OperatorError {
  override readonly name = 'CommandError';
}

/** Prints a line. Control characters are escaped, since parts of it may come from untrusted clients. */
export function print(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Prints a value as JSON. */
export function printJson(value: unknown): void {
  for (const line of JSON.stringify(value, null, 2).split('\n')) print(line);
}

/** Prints an error to standard error, escaped as by {@link print}. */
export function printError(error: unknown): void {
  for (const line of entriesOf(formatError(error))) process.stderr.write(`${printable(line)}\n`);
}

/** The message of an error without its stack. */
export function messageOf(error: unknown): string {
  return formatError(error).replace(/\n {4,}at .*/g, '');
}

/** A size such as `1.5 GiB`. */
export function formatSize(bytes: number): string {
  let size = bytes;
  let unit = 'bytes';
  for (const next of UNITS) {
    if (size < 1024) break;
    size /= 1024;
    unit = next;
  }
  return `${Number(size.toPrecision(size < 1000 ? 3 : 4))} ${unit}`;
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
