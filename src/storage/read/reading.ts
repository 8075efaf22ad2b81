import { ReadTimeoutError } from './read-timeout.error.js';

/** The reader has gone: nobody is told. */
class ReadingGivenUpError extends Error {
  override readonly name = 'ReadingGivenUpError';
}

/**
 * Rows that are read as they are requested, once. Unlike that of a generator, the `return` of its iterator does not
 * wait for the row that is being read: it gives the reading up.
 */
export class Reading<T> implements AsyncIterable<T> {
  /**
   * @param read begins when the first row is requested; what it waits for ends when the signal aborts
   * @param limitMs how long the reading of a row may take, without the time in which no row is requested
   * @param outer gives the reading up, with its reason
   */
  constructor(
    private readonly read: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
    private readonly limitMs: number,
    private readonly outer: AbortSignal | undefined,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    const abort = new AbortController();
    const rows = this.rows(abort);
    let givenUp = false;
    return {
      next: async () => {
        const timer = setTimeout(() => abort.abort(new ReadTimeoutError(this.limitMs)), this.limitMs);
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
        abort.abort(new ReadingGivenUpError('The read was cancelled.'));
        return await rows.return();
      },
    };
  }

  /** Not by AbortSignal.any: in Node.js 20 the outer signal, which may outlive us, would remember each reading. */
  private async *rows(abort: AbortController): AsyncGenerator<T, void, undefined> {
    const { outer } = this;
    outer?.throwIfAborted();
    const stop = (): void => abort.abort(outer?.reason);
    outer?.addEventListener('abort', stop);
    try {
      yield* this.read(abort.signal);
    } finally {
      outer?.removeEventListener('abort', stop);
    }
  }
}
