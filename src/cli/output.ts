import { entriesOf, explain, printable } from '../server/index.js';

/** Prints a line. Some of it may have been written by strangers: nothing of it can end the line or steer a terminal. */
export function say(line: string): void {
  process.stdout.write(`${printable(line)}\n`);
}

/** Prints a value as JSON. */
export function sayJson(value: unknown): void {
  for (const line of JSON.stringify(value, null, 2).split('\n')) say(line);
}

/** Prints an error to standard error, as {@link say} does, in as many lines as it has. */
export function complain(error: unknown): void {
  for (const line of entriesOf(explain(error))) process.stderr.write(`${printable(line)}\n`);
}

/** What an error says, without where in the code it came up. */
export function reasonOf(error: unknown): string {
  return explain(error).replace(/\n {4,}at .*/g, '');
}
