/**
 * Rows whose source is determined when the first row is requested. The `return` of the iterator aborts that, or ends the
 * reading of the source.
 *
 * @param source is called once, with a signal that aborts it
 */
export function deferredRows<T>(
  source: (signal: AbortSignal) => Promise<AsyncIterable<T>>,
): AsyncIterable<T> {
  return {
    [Symbol.asyncIterator]: () => {
      const abort = new AbortController();
      let rows: AsyncIterator<T> | undefined;
      const end: IteratorReturnResult<undefined> = { done: true, value: undefined };
      return {
        next: async () => {
          try {
            rows ??= (await source(abort.signal))[Symbol.asyncIterator]();
          } catch (error) {
            if (abort.signal.aborted) return end;
            throw error;
          }
          return abort.signal.aborted ? end : await rows.next();
        },
        return: async () => {
          abort.abort(new Error('The read was cancelled.'));
          await rows?.return?.();
          return end;
        },
      };
    },
  };
}

/** Rows, or pieces of them, that become others. The `return` of the iterator aborts the reading, as without it. */
export function mappedRows<T, U>(rows: AsyncIterable<T>, map: (row: T) => U | Promise<U>): AsyncIterable<U> {
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = rows[Symbol.asyncIterator]();
      return {
        next: async () => {
          const result = await iterator.next();
          if (result.done === true) return { done: true, value: undefined };
          return { done: false, value: await map(result.value) };
        },
        return: async () => {
          await iterator.return?.();
          return { done: true, value: undefined };
        },
      };
    },
  };
}

/** Rows that are known already. */
export async function* onePiece(rows: readonly string[]): AsyncGenerator<readonly string[], void, undefined> {
  if (rows.length > 0) yield await Promise.resolve(rows);
}
