/**
 * What could end a line, steer a terminal or turn text around. A line break before a frame of a stack is left: a line
 * that begins with `    at ` is nobody's entry in the log.
 */
const UNPRINTABLE = /(?!\n {4,}at )[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * A text as it may stand in the log, whoever wrote it: controls (C0, DEL, C1), separators of lines and bidi controls
 * are escaped as JSON would escape them, so that what is JSON stays JSON.
 */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) => SHORT[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The lines of a text, of which each is an entry of its own in the log; a stack stays with its error. */
export function entriesOf(text: string): string[] {
  return text.split(/\n(?! {4,}at )/);
}

const OURS =
  /^(Import|InvalidSettings|DirectoryInUse|UnusableDirectory|LockUnavailable|DataDirLost|Embedded|Journal|UnsupportedDatabase|ReaderRole|SchemaOutdated|InvalidDashboardPage)/;

/** An error as the operator is told of it: without a stack where there is something to be done about it. */
export function formatError(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(formatError).join('; ');
  if (!(error instanceof Error)) return String(error);
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (syscall === 'listen' && (code === 'EADDRINUSE' || code === 'EACCES'))
    return `The server cannot listen: ${error.message}`;
  return OURS.test(error.name) || typeof code === 'string' ? error.message : (error.stack ?? error.message);
}
