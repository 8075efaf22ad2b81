import type { QueryResult, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { isRolledBack, microsecondsOf } from '../schema/index.js';
import { ReadCursor } from './read-cursor.js';
import { asError, ReaderConnection } from './reader-connection.js';
import { Reading } from './reading.js';

/** As long as a row may take: milliseconds. */
const DEFAULT_LIMIT_MS = 30_000;
/**
 * Where nobody waits for a statement, the database ends it so much after the limit; where that does not respond, the
 * client does.
 */
const STATEMENT_MARGIN_MS = 1_000;
const RESPONSE_MARGIN_MS = 5_000;
/** The end of a transaction that has read what it should: milliseconds. */
const COMMIT_LIMIT_MS = 1_000;

/** Cursors at their end that are closed together: each would cost a round trip. */
const CLOSED_AT_ONCE = 16;

export interface ReadOptions {
  /** Within which each row is to be read, or all of it, see there: milliseconds. */
  limitMs?: number;
  /** Gives it up: it fails with the signal's reason. */
  signal?: AbortSignal;
  /** Settings of PostgreSQL for this transaction: `{ enable_seqscan: 'off' }`. */
  settings?: Readonly<Record<string, string>>;
}

/** A transaction that sees one state of the database, and reads it piece by piece. */
export class ReadTransaction {
  /** When it began, by the database: microseconds since the epoch. */
  now = NaN;
  private cursors = 0;
  /** Those at their end. */
  private ended: string[] = [];

  private constructor(
    private readonly connection: ReaderConnection,
    private readonly signal: AbortSignal,
    private readonly limitMs: number,
    private readonly settings: Readonly<Record<string, string>>,
  ) {}

  /**
   * Reads rows in a transaction of its own, which ends when the reading does: at the end, by an error, or because
   * no more is requested; a statement that runs then is cancelled. Its connection goes back to the readers' pool,
   * which bounds how many read at once; where something failed on it, it is closed.
   *
   * Where the database rolls the transaction back before the first row is here, it is begun once more: a client that
   * changes tables may lock them in another order than a reader, and the two are in a deadlock then.
   *
   * @param reading what it does is done anew each time that it is called
   * @param options the limit is for each row, without the time in which none is requested
   * @returns rows that fail with a ReadTimeoutError, the signal's reason, errors of the database
   */
  static read<T>(
    dataSource: DataSource,
    reading: (transaction: ReadTransaction) => AsyncIterable<T>,
    { limitMs = DEFAULT_LIMIT_MS, signal: outer, settings = {} }: ReadOptions = {},
  ): Reading<T> {
    const read = async function* (signal: AbortSignal): AsyncGenerator<T, void, undefined> {
      const connection = await ReaderConnection.borrow(dataSource, signal);
      yield* new ReadTransaction(connection, signal, limitMs, settings).rows(reading);
    };
    return new Reading(read, limitMs, outer);
  }

  /**
   * The same for work with one result, which is a row of its own.
   *
   * @param work is done anew where the transaction is begun once more
   * @param options the limit is for all of it, and so for the wait for a connection
   * @throws ReadTimeoutError, the signal's reason, errors of the database
   */
  static async run<T>(
    dataSource: DataSource,
    work: (transaction: ReadTransaction) => Promise<T>,
    options?: ReadOptions,
  ): Promise<T> {
    const reading = async function* (transaction: ReadTransaction): AsyncGenerator<T, void, undefined> {
      yield await work(transaction);
    };
    const rows = ReadTransaction.read(dataSource, reading, options)[Symbol.asyncIterator]();
    const { value } = await rows.next();
    await rows.return?.();
    return value as T;
  }

  private async *rows<T>(
    reading: (transaction: ReadTransaction) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    const { connection, signal } = this;
    try {
      yield* this.rowsOrAgain(reading);
    } catch (error) {
      // A reading that ends between two statements leaves the connection as it was.
      if (error !== signal.reason) connection.failure ??= asError(error);
      throw connection.failure ?? error;
    } finally {
      if (connection.failure === undefined && !connection.isBusy) await this.commit();
      connection.release();
    }
  }

  private async *rowsOrAgain<T>(
    reading: (transaction: ReadTransaction) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    let hasRows = false;
    try {
      await this.begin();
      for await (const row of reading(this)) {
        hasRows = true;
        yield row;
      }
      return;
    } catch (error) {
      if (hasRows || !isRolledBack(error)) throw error;
    }
    await this.query('ROLLBACK');
    await this.begin();
    yield* reading(this);
  }

  private async begin(): Promise<void> {
    this.ended = [];
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
      await this.connection.query({ text: 'COMMIT', query_timeout: COMMIT_LIMIT_MS });
    } catch (error) {
      this.connection.failure = asError(error);
    }
  }

  /** @throws the reason of the signal, where nobody waits for the result any longer; errors of the database */
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

  /** Runs a query whose rows stay with the database until they are fetched. */
  async open<Row extends QueryResultRow>(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<ReadCursor<Row>> {
    this.cursors += 1;
    const name = `rows_${this.cursors.toString()}`;
    await this.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${sql}`, parameters);
    return new ReadCursor(this, name);
  }

  /** Closes a cursor that is at its end. The transaction closes what is left. */
  async end(cursor: string): Promise<void> {
    this.ended.push(cursor);
    if (this.ended.length < CLOSED_AT_ONCE) return;
    await this.query(this.ended.map((name) => `CLOSE ${name}`).join(';'));
    this.ended = [];
  }
}
