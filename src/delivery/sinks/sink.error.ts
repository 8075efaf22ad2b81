/** A sink beside PostgreSQL could not take a batch; `cause` says why. */
export class SinkError extends Error {
  override readonly name = 'SinkError';

  constructor(
    /** The name of its class. */
    readonly sink: string,
    cause: unknown,
  ) {
    super(`${sink}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
