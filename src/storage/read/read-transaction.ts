import type { QueryResult, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { isRolledBack, microsecondsOf } from '../schema/index.js';
import type { CursorQuery } from './cursor-fetch.js';
import { ReadCursor } from './read-cursor.js';
import { asError, ReaderConnection } from './reader-connection.js';
import type { RowStatement } from './row-portal.js';
import { DEFAULT_LIMIT_MS, type ReadOptions, RowStream } from './row-stream.js';

/** Backup: PostgreSQL cancels the statement after limit + 1 s. */
const STATEMENT_MARGIN_MS = 1_000;
/** Backup: the client gives up after limit + 5 s. */
const RESPONSE_MARGIN_MS = 5_000;
const COMMIT_TIMEOUT_MS = 1_000;

/** Cursors that are closed in one statement, to save round trips. */
const CLOSE_BATCH_SIZE = 16;

/** A read-only transaction with one snapshot of the database, which reads rows in pieces. */
export class ReadTransaction {
  /** The start of the transaction by the database's clock: microseconds since the epoch. */
  now = NaN;
  private cursors = 0;
  /** Finished cursors that are not closed yet. */
  private cursorsToClose: string[] = [];

  private constructor(
    private readonly connection: ReaderConnection,
    private readonly signal: AbortSignal,
    private readonly limitMs: number,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /**
   * Reads rows in a transaction, which ends with the read: at the end of the rows, by an error, or when the consumer
   * stops. A running statement is cancelled then. The connection goes back to the readers' pool, or is closed if it
   * failed.
   *
   * If PostgreSQL rolls the transaction back before the first row, because of a deadlock or serialization failure, the
   * read is retried once. A client that alters tables may lock them in another order.
   *
   * @param produce must start from the beginning each time that it is called
   * @param options the limit is that of each piece, without the time between requests
   * @returns rows that fail with a ReadTimeoutError, the signal's reason, or errors of the database
   */
  static read<T>(
    dataSource: DataSource,
    produce: (transaction: ReadTransaction) => AsyncIterable<T>,
    { limitMs = DEFAULT_LIMIT_MS, signal: outer, settings = {} }: ReadOptions = {},
  ): RowStream<T> {
    const read = async function* (signal: AbortSignal): AsyncGenerator<T, void, undefined> {
      const connection = await ReaderConnection.borrow(dataSource, signal);
      yield* new ReadTransaction(connection, signal, limitMs, settings).readRows(produce);
    };
    return new RowStream(read, limitMs, outer);
  }

  /**
   * Runs work with one result in a transaction.
   *
   * @param work runs again if the transaction is repeated
   * @param options the limit is that of all work, including the wait for a connection
   * @throws ReadTimeoutError; the signal's reason; errors of the database
   */
  static async run<T>(
    dataSource: DataSource,
    work: (transaction: ReadTransaction) => Promise<T>,
    options?: ReadOptions,
  ): Promise<T> {
    const produce = async function* (transaction: ReadTransaction): AsyncGenerator<T, void, undefined> {
      yield await work(transaction);
    };
    const rows = ReadTransaction.read(dataSource, produce, options)[Symbol.asyncIterator]();
    const { value } = await rows.next();
    await rows.return?.();
    return value as T;
  }

  private async *readRows<T>(
    produce: (transaction: ReadTransaction) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    const { connection, signal } = this;
    try {
      yield* this.readRowsWithRetry(produce);
    } catch (error) {
      // Aborted between two statements: the connection is still usable.
      if (error !== signal.reason) connection.failure ??= asError(error);
      throw connection.failure ?? error;
    } finally {
      if (connection.failure === undefined && !connection.isBusy) await this.commit();
      connection.release();
    }
  }

  private async *readRowsWithRetry<T>(
    produce: (transaction: ReadTransaction) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    let hasRows = false;
    try {
      await this.begin();
      for await (const row of produce(this)) {
        hasRows = true;
        yield row;
      }
      return;
    } catch (error) {
      if (hasRows || !isRolledBack(error)) throw error;
    }
    await this.query('ROLLBACK');
    await this.begin();
    yield* produce(this);
  }

  private async begin(): Promise<void> {
    this.cursorsToClose = [];
    const settings = { statement_timeout: this.limitMs + STATEMENT_MARGIN_MS, ...this.settings };
    const sql = [
      'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
      ...Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = '${value}'`),
      `SELECT ${microsecondsOf('now()')} AS now`,
    ].join(';');
    const results = (await this.result(sql, [])) as unknown as QueryResult<{ now: number }>[];
    this.now = results.at(-1)?.rows[0]?.now ?? NaN;
  }

  private async commit(): Promise<void> {
    try {
      await this.connection.query({ text: 'COMMIT', query_timeout: COMMIT_TIMEOUT_MS });
    } catch (error) {
      this.connection.failure = asError(error);
    }
  }

  /** @throws the signal's reason; errors of the database */
  async query<Row extends QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return (await this.result<Row>(sql, parameters)).rows;
  }

  private async result<Row extends QueryResultRow>(
    text: string,
    parameters: readonly unknown[],
  ): Promise<QueryResult<Row>> {
    const query_timeout = this.limitMs + RESPONSE_MARGIN_MS;
    return await this.connection.query<Row>({ text, values: [...parameters], query_timeout }, this.signal);
  }

  /**
   * The rows of a statement, which must be the last one that runs.
   *
   * @throws the signal's reason; errors of the database
   */
  rows(statement: RowStatement): AsyncGenerator<readonly string[], void, undefined> {
    return this.connection.rows(statement, this.signal);
  }

  /** A cursor for a query, which its first fetch opens. */
  open<Row extends QueryResultRow>(query: CursorQuery): ReadCursor<Row> {
    this.cursors += 1;
    return new ReadCursor(this, `rows_${this.cursors.toString()}`, query);
  }

  /**
   * Fetches rows of a cursor.
   *
   * @param query of one that is to be opened
   */
  async fetch<Row extends QueryResultRow>(
    cursor: string,
    count: number,
    query: CursorQuery | undefined,
  ): Promise<Row[]> {
    return (await this.connection.fetch<Row>(cursor, count, query, this.signal)).rows;
  }

  /** Closes a finished cursor, later and with others. The end of the transaction closes the rest. */
  async closeLater(cursor: string): Promise<void> {
    this.cursorsToClose.push(cursor);
    if (this.cursorsToClose.length < CLOSE_BATCH_SIZE) return;
    await this.query(this.cursorsToClose.map((name) => `CLOSE ${name}`).join(';'));
    this.cursorsToClose = [];
  }
}
