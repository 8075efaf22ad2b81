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
