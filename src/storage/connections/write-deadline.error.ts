/** The database did not finish a transaction in time; whether it is stored is not known. */
export class WriteDeadlineError extends Error {
  override readonly name = 'WriteDeadlineError';

  constructor(limitMs: number) {
    super(`The database did not finish within ${limitMs.toString()} ms.`);
  }
}
