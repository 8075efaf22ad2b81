/** SQLSTATE codes, with the names of appendix A of PostgreSQL's manual. */
export const SqlState = {
  ProtocolViolation: '08P01',
  InvalidPassword: '28P01',
  InvalidAuthorization: '28000',
  TooManyConnections: '53300',
  CannotConnectNow: '57P03',
  AdminShutdown: '57P01',
  CrashShutdown: '57P02',
  IdleSessionTimeout: '57P05',
  IdleInTransactionTimeout: '25P03',
  TransactionTimeout: '25P04',
  ObjectNotInPrerequisiteState: '55000',
  DuplicateTable: '42P07',
  DuplicateColumn: '42701',
  InvalidObjectDefinition: '42P17',
  CheckViolation: '23514',
  ForeignKeyViolation: '23503',
  UndefinedDatabase: '3D000',
  InvalidSchemaName: '3F000',
  UndefinedTable: '42P01',
  ReadOnlySqlTransaction: '25006',
  DiskFull: '53100',
  IoError: '58030',
  UndefinedFile: '58P01',
  DataCorrupted: 'XX001',
  IndexCorrupted: 'XX002',
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

/** Why the database cannot be used: sentences for untrusted clients, which name no host, file or role. */
export const DATABASE_PROBLEMS = {
  unreachable: 'The database cannot be reached.',
  no_database: 'The database does not exist.',
  no_tables: 'Tables are missing in the database.',
  read_only: 'The database is read-only.',
  disk_full: 'The disk of the database is full.',
  files: 'The database cannot read or write its files.',
  session_ended: 'The database ended the session, because a time limit was reached.',
} as const;

const PROBLEM_OF_STATE: Readonly<Partial<Record<string, keyof typeof DATABASE_PROBLEMS>>> = {
  [SqlState.UndefinedDatabase]: 'no_database',
  [SqlState.UndefinedTable]: 'no_tables',
  [SqlState.ReadOnlySqlTransaction]: 'read_only',
  [SqlState.DiskFull]: 'disk_full',
  [SqlState.IoError]: 'files',
  [SqlState.UndefinedFile]: 'files',
  [SqlState.DataCorrupted]: 'files',
  [SqlState.IndexCorrupted]: 'files',
  [SqlState.IdleInTransactionTimeout]: 'session_ended',
  [SqlState.TransactionTimeout]: 'session_ended',
  [SqlState.IdleSessionTimeout]: 'session_ended',
};

/** The problem of the database that caused an error; undefined for other errors. */
export function databaseProblemOf(error: unknown): string | undefined {
  const problem = PROBLEM_OF_STATE[sqlStateOf(error) ?? ''];
  return problem && DATABASE_PROBLEMS[problem];
}

/** The SQLSTATE of an error of PostgreSQL; undefined for other errors. */
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
 * Whether the database rejects the content of a row: classes 22 (data exception) and 54 (program limit exceeded), except
 * 2200H: an exhausted sequence is not the fault of the row. A rejected row is rejected every time, and must not block
 * others.
 *
 * Everything else may succeed later, perhaps after an operator has repaired the database (a constraint, a full disk, a
 * read-only server): rejecting messages then would lose them.
 */
export function isRejectedData(error: unknown): error is Error {
  const state = sqlStateOf(error);
  if (state === undefined || state === SqlState.SequenceGeneratorLimitExceeded) return false;
  return state.startsWith('22') || state.startsWith('54');
}

/** Whether COPY found no partition for a row. The error of a CHECK constraint has the name of the constraint. */
export function isMissingPartition(error: unknown): boolean {
  return (
    hasSqlState(error, SqlState.CheckViolation) && (error as { constraint?: string }).constraint === undefined
  );
}

/**
 * Whether the error is a unique violation of `ingest_batches_pkey`: the batch is already stored. Citus appends a shard
 * number to the name of the constraint.
 */
export function isDuplicateBatchError(error: unknown): boolean {
  if (!hasSqlState(error, SqlState.UniqueViolation)) return false;
  const { constraint } = error as { constraint?: unknown };
  return typeof constraint === 'string' && constraint.startsWith('ingest_batches_pkey');
}

/** Serialization failure or deadlock. The transaction can be retried. */
export function isRolledBack(error: unknown): boolean {
  return hasSqlState(error, SqlState.SerializationFailure, SqlState.DeadlockDetected);
}
