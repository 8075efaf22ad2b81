import { accessDenied, codeOf, OperatorError } from '../platform/errors/index.js';

/**
 * Characters that could end a line, control a terminal or reverse text. Line breaks before stack frames are kept: a line
 * that starts with `    at ` cannot be mistaken for a log entry.
 */
const UNPRINTABLE = /(?!\n {4,}at )[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Escapes untrusted text for the log: control characters (C0, DEL, C1), line separators and bidi controls are escaped as
 * in JSON, so that JSON stays valid.
 */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Splits a text into log entries, one for each line. A stack stays with its error. */
export function entriesOf(text: string): string[] {
  return text.split(/\n(?! {4,}at )/);
}

/** Formats an error for operators: without a stack if the message has a remedy. */
export function formatError(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(formatError).join('; ');
  if (!(error instanceof Error)) return String(error);
  if (error instanceof OperatorError) return error.message;
  const denied = accessDenied(error);
  if (denied !== undefined) return `${error.message}: ${denied}`;
  return codeOf(error) === undefined ? (error.stack ?? error.message) : error.message;
}
