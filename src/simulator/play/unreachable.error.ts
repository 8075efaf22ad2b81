/** A connection to the server could not be made. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError';

  constructor(
    readonly url: string,
    readonly reason: string,
  ) {
    super(
      `Cannot connect to ${url}: ${reason}.${reason.includes('ECONNREFUSED') ? ' Is the server running?' : ''}`,
    );
  }
}
