/** The database did not take what was written. */
export class WriteError extends Error {
  override readonly name = 'WriteError';

  constructor(cause: unknown) {
    super(`Cannot write to the database: ${describeError(cause)}`, { cause });
  }
}

/** Where a name has several addresses, an error has a message only within. */
export function describeError(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describeError).join('; ');
  return error instanceof Error ? error.message : String(error);
}
