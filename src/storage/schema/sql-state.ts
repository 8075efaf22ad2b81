/** SQLSTATE codes by the names of PostgreSQL's manual, appendix A. */
export const SqlState = {
  DuplicateTable: '42P07',
  InvalidObjectDefinition: '42P17',
  CheckViolation: '23514',
  ForeignKeyViolation: '23503',
  UndefinedDatabase: '3D000',
  UndefinedTable: '42P01',
  ReadOnlySqlTransaction: '25006',
  DiskFull: '53100',
  DuplicateDatabase: '42P04',
  DuplicateObject: '42710',
  InsufficientPrivilege: '42501',
  UniqueViolation: '23505',
  LockNotAvailable: '55P03',
  SequenceGeneratorLimitExceeded: '2200H',
  DivisionByZero: '22012',
  SerializationFailure: '40001',
  DeadlockDetected: '40P01',
  QueryCanceled: '57014',
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
 *
 * Whatever else fails may succeed later, if only after somebody has repaired the database (a constraint or a
 * column that is not ours, a full disk, a server that is read-only): setting messages aside would lose them.
 */
export function isRefusedData(error: unknown): error is Error {
  const state = sqlStateOf(error);
  if (state === undefined || state === SqlState.SequenceGeneratorLimitExceeded) return false;
  return state.startsWith('22') || state.startsWith('54');
}

/** COPY into a partitioned table found no partition for a row. A violated CHECK, which has a name, is not that. */
export function isMissingPartition(error: unknown): boolean {
  return (
    hasSqlState(error, SqlState.CheckViolation) && (error as { constraint?: string }).constraint === undefined
  );
}

/** The id of a batch is there already. Citus adds the number of a shard to the constraint's name. */
export function isStoredBatch(error: unknown): boolean {
  if (!hasSqlState(error, SqlState.UniqueViolation)) return false;
  const { constraint } = error as { constraint?: unknown };
  return typeof constraint === 'string' && constraint.startsWith('ingest_batches_pkey');
}

/**
 * Whether the database has taken a transaction back since it stood in the way of another one. Nothing is wrong with
 * what was asked: once more, it waits behind the other.
 */
export function isRolledBack(error: unknown): boolean {
  return hasSqlState(error, SqlState.SerializationFailure, SqlState.DeadlockDetected);
}
