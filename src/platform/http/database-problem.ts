import { hasSqlState, ReadTimeoutError, SqlState } from '../../storage/index.js';

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOTFOUND',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);
/** Data exceptions, such as a number out of range, and what is beyond a limit of PostgreSQL. */
const DATA_EXCEPTION = /^(22|54)...$/;

/** Told apart from a database that cannot be reached. */
const REASONS: readonly [state: string, detail: string][] = [
  [SqlState.ReadOnlySqlTransaction, 'The database is read-only.'],
  [SqlState.UndefinedDatabase, 'The database does not exist.'],
  [SqlState.UndefinedTable, 'Tables are missing in the database.'],
  [SqlState.DiskFull, 'The disk of the database is full.'],
];

/** What to tell a client when the database is the reason; null for any other error. */
export function databaseProblem(error: unknown): { status: 400 | 503; detail: string } | null {
  if (!(error instanceof Error)) return null;
  const code: unknown = (error as { code?: unknown }).code;
  if (code === SqlState.QueryCanceled || error instanceof ReadTimeoutError) {
    return { status: 503, detail: 'The query took too long. Request a shorter time range or fewer rows.' };
  }
  if (typeof code === 'string' && DATA_EXCEPTION.test(code)) {
    return { status: 400, detail: 'The database rejected the value of a parameter.' };
  }
  for (const [state, detail] of REASONS) if (hasSqlState(error, state)) return { status: 503, detail };
  const unreachable =
    (typeof code === 'string' && (UNREACHABLE.has(code) || /^(08(?!P)|53|57P)/.test(code))) ||
    /Connection terminated|Query read timeout|not queryable|timeout exceeded when trying to connect|Cannot use a pool|Driver not Connected/.test(
      error.message,
    ) ||
    error.name === 'CannotExecuteNotConnectedError' ||
    error.name === 'ConnectionNotFoundError';
  return unreachable ? { status: 503, detail: 'The database cannot be reached.' } : null;
}
