const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
const QUERY_CANCELED = '57014';

/** What to tell a client when the database is the reason; null for any other error. */
export function databaseProblem(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const code: unknown = (error as { code?: unknown }).code;
  if (code === QUERY_CANCELED) return 'The answer took too long. Ask for less: a shorter time, fewer rows.';
  const unreachable =
    (typeof code === 'string' && (UNREACHABLE.has(code) || /^(08|53|57P)/.test(code))) ||
    /Connection terminated|timeout exceeded when trying to connect|Cannot use a pool|Driver not Connected/.test(
      error.message,
    ) ||
    error.name === 'CannotExecuteNotConnectedError' ||
    error.name === 'ConnectionNotFoundError';
  return unreachable ? 'The database cannot be reached for now.' : null;
}
