import type { ReadTransaction } from './read-transaction.js';

const FETCH_ROWS = 100;

/** The rows of a question with one column, `row`, which is text; 100 of them in memory, at most. */
export async function* cursorRows(
  transaction: ReadTransaction,
  sql: string,
  parameters: readonly unknown[],
): AsyncGenerator<string, void, undefined> {
  const cursor = await transaction.open<{ row: string }>(sql, parameters);
  for (;;) {
    const next = await cursor.peek(FETCH_ROWS);
    if (next === undefined) return;
    cursor.take();
    yield next.row;
  }
}
