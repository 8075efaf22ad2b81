import type { DataSource } from 'typeorm';
import { isRolledBack } from '../schema/index.js';
import { asError, isSessionEnded, ReaderConnection } from './reader-connection.js';
import type { RowStatement } from './row-portal.js';
import { DEFAULT_LIMIT_MS, type ReadOptions, RowStream } from './row-stream.js';

/**
 * Reads the rows of one statement, without a transaction around it. When the reader stops, the statement is cancelled.
 * The connection goes back to the readers' pool, or is closed if it failed or is busy.
 *
 * If PostgreSQL rolls the statement back before the first row, because of a deadlock or serialization failure, it is
 * repeated once.
 *
 * @param options the limit is that of each piece, without the time between requests
 * @returns rows that fail with a ReadTimeoutError, the signal's reason, or errors of the database
 */
export function readRows(
  dataSource: DataSource,
  statement: RowStatement,
  { limitMs = DEFAULT_LIMIT_MS, signal: outer }: Omit<ReadOptions, 'settings'> = {},
): RowStream<readonly string[]> {
  const read = async function* (signal: AbortSignal): AsyncGenerator<readonly string[], void, undefined> {
    const connection = await ReaderConnection.borrow(dataSource, signal);
    try {
      yield* rowsWithRetry(connection, statement, signal);
    } catch (error) {
      if (error !== signal.reason && isSessionEnded(error)) connection.failure ??= asError(error);
      throw connection.failure ?? error;
    } finally {
      connection.release();
    }
  };
  return new RowStream(read, limitMs, outer);
}

async function* rowsWithRetry(
  connection: ReaderConnection,
  statement: RowStatement,
  signal: AbortSignal,
): AsyncGenerator<readonly string[], void, undefined> {
  let hasRows = false;
  try {
    for await (const rows of connection.rows(statement, signal)) {
      hasRows = true;
      yield rows;
    }
    return;
  } catch (error) {
    if (hasRows || !isRolledBack(error)) throw error;
  }
  yield* connection.rows(statement, signal);
}
