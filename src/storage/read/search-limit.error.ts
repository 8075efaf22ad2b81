/** The next row of an answer was not found in time. */
export class SearchLimitError extends Error {
  override readonly name = 'SearchLimitError';

  constructor(limitMs: number) {
    super(`The next row was not found within ${limitMs.toString()} ms.`);
  }
}
