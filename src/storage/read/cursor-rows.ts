import { FetchSize } from './fetch-size.js';
import type { ReadTransaction } from './read-transaction.js';

/** Of rows in memory at once: characters, and the first fetch, whose rows may be of any length. */
const LENGTH = 262_144;
const FIRST_ROWS = 64;

/**
 * The rows of a query with one column, `row`, which is text.
 *
 * @param maxRows rows in memory at once: fewer where each may be large
 */
export async function* cursorRows(
  transaction: ReadTransaction,
  sql: string,
  parameters: readonly unknown[],
  maxRows = 500,
): AsyncGenerator<string, void, undefined> {
  // A cursor is planned for its first tenth otherwise, and here all of its rows are wanted.
  await transaction.query('SET LOCAL cursor_tuple_fraction = 1');
  const cursor = await transaction.open<{ row: string }>(sql, parameters);
  const size = new FetchSize({ length: LENGTH, firstRows: Math.min(FIRST_ROWS, maxRows), maxRows });
  for await (const rows of cursor.pieces(size, ({ row }) => row.length)) {
    for (const { row } of rows) yield row;
  }
}
