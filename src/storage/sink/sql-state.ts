/** SQLSTATE codes by the names of PostgreSQL's manual, appendix A. */
export const SqlState = {
  DuplicateTable: '42P07',
  InvalidObjectDefinition: '42P17',
  CheckViolation: '23514',
  UndefinedDatabase: '3D000',
  DuplicateDatabase: '42P04',
  UniqueViolation: '23505',
} as const;

/** The SQLSTATE of a database's error; undefined for anything else. */
export function sqlStateOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code: unknown = (error as { code?: unknown }).code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

export function hasSqlState(error: unknown, ...states: string[]): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && states.includes(state);
}

/**
 * Whether the database refused what a row holds: classes 22 (data exception) and 54 (program limit exceeded).
 * Such a row is refused every time, and others must not wait for it.
 */
export function isRefusedData(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && (state.startsWith('22') || state.startsWith('54'));
}

/** COPY into a partitioned table found no partition for a row. */
export function isMissingPartition(error: unknown): boolean {
  return hasSqlState(error, SqlState.CheckViolation);
}
