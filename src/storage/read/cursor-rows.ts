import type { ReadTransaction } from './read-transaction.js';

/**
 * The rows of a question with one column, `row`, which is text.
 *
 * @param inMemory rows at once, at most: fewer where each may be large
 */
export async function* cursorRows(
  transaction: ReadTransaction,
  sql: string,
  parameters: readonly unknown[],
  inMemory = 500,
): AsyncGenerator<string, void, undefined> {
  // A cursor is planned for its first tenth otherwise, and here all of its rows are wanted.
  await transaction.query('SET LOCAL cursor_tuple_fraction = 1');
  const cursor = await transaction.open<{ row: string }>(sql, parameters);
  for (;;) {
    const next = await cursor.peek(inMemory);
    if (next === undefined) return;
    cursor.take();
    yield next.row;
  }
}
