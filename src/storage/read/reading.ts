import { SearchLimitError } from './search-limit.error.js';

/** The reader has gone: nobody is told. */
class ReadingGivenUpError extends Error {
  override readonly name = 'ReadingGivenUpError';
}

/**
 * Rows that are read as they are asked for, once. Other than that of a generator, the `return` of its iterator does not
 * wait for the row that is being looked for: it gives the search up.
 */
export class Reading<T> implements AsyncIterable<T> {
  /**
   * @param read begins when the first row is asked for; what it waits for ends when the signal does
   * @param limitMs how long the search for a row may take, without the time in which nobody asks for one
   */
  constructor(
    private readonly read: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
    private readonly limitMs: number,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    const abort = new AbortController();
    const rows = this.read(abort.signal);
    let givenUp = false;
    return {
      next: async () => {
        const timer = setTimeout(() => abort.abort(new SearchLimitError(this.limitMs)), this.limitMs);
        try {
          return await rows.next();
        } catch (error) {
          if (givenUp) return { done: true, value: undefined };
          throw error;
        } finally {
          clearTimeout(timer);
        }
      },
      return: async () => {
        givenUp = true;
        abort.abort(new ReadingGivenUpError('The reading was given up.'));
        return await rows.return();
      },
    };
  }
}
