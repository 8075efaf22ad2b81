import type { ReadTransaction } from '../../storage/index.js';

/**
 * The rows of a question with one column, `row`, which is text. The database makes the next ones while those before
 * are sent.
 *
 * @param count rows that are fetched at once; twice as many are in memory
 */
export async function* fetchedAhead(
  transaction: ReadTransaction,
  sql: string,
  parameters: readonly unknown[],
  count: number,
): AsyncGenerator<string, void, undefined> {
  const cursor = await transaction.open<{ row: string }>(sql, parameters);
  const fetch = async (): Promise<string[]> => (await cursor.fetch(count)).map(({ row }) => row);
  let next = fetch();
  try {
    for (let rows = await next; rows.length > 0; rows = await next) {
      next = rows.length === count ? fetch() : Promise.resolve([]);
      // Whoever waits for it learns that it failed.
      next.catch(() => undefined);
      yield* rows;
    }
  } finally {
    // The connection is given back when it is at rest.
    await next.catch(() => undefined);
  }
}
