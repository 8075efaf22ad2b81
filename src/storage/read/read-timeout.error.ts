/** The database did not return in time what is read: the next row, or all of it. */
export class ReadTimeoutError extends Error {
  override readonly name = 'ReadTimeoutError';

  constructor(limitMs: number) {
    super(`The read did not finish within ${(limitMs / 1000).toString()} s.`);
  }
}
