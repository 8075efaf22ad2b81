/** The time limit of a piece: milliseconds. */
export const DEFAULT_LIMIT_MS = 30_000;

export interface ReadOptions {
  /** The time limit of each piece of rows, or of the complete read: milliseconds. */
  limitMs?: number;
  /** Aborts the read, which throws the signal's reason. */
  signal?: AbortSignal;
  /** Settings of PostgreSQL for this transaction: `{ enable_seqscan: 'off' }`. */
  settings?: Readonly<Record<string, string>>;
}

/** The database did not return the next rows, or all of them, in time. */
export class ReadTimeoutError extends Error {
  override readonly name = 'ReadTimeoutError';

  constructor(limitMs: number) {
    super(`The read did not finish within ${(limitMs / 1000).toString()} s.`);
  }
}

/** The consumer stopped. It does not see this error. */
class ReadCancelledError extends Error {
  override readonly name = 'ReadCancelledError';
}

/** Of every read: an error with a stack takes longer than a short one. */
const CANCELLED = new ReadCancelledError('The read was cancelled.');

/**
 * Rows, or pieces of them, that are read as they are requested, once. Unlike that of a generator, the `return` of its
 * iterator does not wait for what is being read: it aborts the read.
 */
export class RowStream<T> implements AsyncIterable<T> {
  /**
   * @param read is called when the first piece is requested, with a signal that aborts it
   * @param limitMs the time limit of each piece, without the time between requests
   * @param outer aborts the read
   */
  constructor(
    private readonly read: (signal: AbortSignal) => AsyncGenerator<T, void, undefined>,
    private readonly limitMs: number,
    private readonly outer: AbortSignal | undefined,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<T, void, undefined> {
    const abort = new AbortController();
    const rows = this.rows(abort);
    let isCancelled = false;
    return {
      next: async () => {
        const timer = setTimeout(() => abort.abort(new ReadTimeoutError(this.limitMs)), this.limitMs);
        try {
          return await rows.next();
        } catch (error) {
          if (isCancelled) return { done: true, value: undefined };
          throw error;
        } finally {
          clearTimeout(timer);
        }
      },
      return: async () => {
        isCancelled = true;
        abort.abort(CANCELLED);
        return await rows.return();
      },
    };
  }

  /** Not by AbortSignal.any: in Node.js 20 a long-lived outer signal would retain every read. */
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
