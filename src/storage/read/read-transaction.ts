import type { ClientBase, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import { cancelStatement } from './cancel-statement.js';
import { asError, ReaderConnection } from './reader-connection.js';
import { Reading } from './reading.js';
import { isRolledBack } from '../schema/index.js';

/** As long as one statement may take: milliseconds. */
const SEARCH_LIMIT_MS = 30_000;

/** Cursors at their end that are closed together: each would cost a round trip. */
const CLOSED_AT_ONCE = 16;

/** A transaction that sees one state of the database, and reads it piece by piece. */
export class ReadTransaction {
  private cursors = 0;
  /** Those at their end. */
  private ended: string[] = [];
  /** Statements that the database has not answered. */
  private running = 0;

  private constructor(
    private readonly client: ClientBase,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * Reads in a transaction of its own, which ends when the reading does: at the end, by an error, or because
   * nobody asks for more; a statement that runs then is cancelled. Its connection goes back to the readers' pool,
   * which bounds how many read at once; where something failed on it, it is given up.
   *
   * Where the database takes the transaction back before the first row is here, it is begun once more: who changes
   * tables may lock them in another order than who reads, and the two are in a deadlock then.
   *
   * @param reading what it does is done anew each time that it is called
   * @param limitMs within which each row is to be found, else with a SearchLimitError
   */
  static read<T>(
    dataSource: DataSource,
    reading: (transaction: ReadTransaction) => AsyncIterable<T>,
    limitMs = SEARCH_LIMIT_MS,
  ): Reading<T> {
    return new Reading((signal) => ReadTransaction.run(dataSource, reading, signal), limitMs);
  }

  private static async *run<T>(
    dataSource: DataSource,
    reading: (transaction: ReadTransaction) => AsyncIterable<T>,
    signal: AbortSignal,
  ): AsyncGenerator<T, void, undefined> {
    const connection = await ReaderConnection.borrow(dataSource);
    const transaction = new ReadTransaction(connection.client, signal);
    const onAbort = (): void => {
      if (transaction.running === 0) return;
      connection.failure ??= asError(signal.reason);
      cancelStatement(connection.client);
    };
    signal.addEventListener('abort', onAbort);
    try {
      yield* transaction.rows(reading);
    } catch (error) {
      // A reading that ends between two statements leaves the connection as it was.
      if (error !== signal.reason) connection.failure ??= asError(error);
      throw connection.failure ?? error;
    } finally {
      signal.removeEventListener('abort', onAbort);
      // After a failure the connection is not asked again: a server that is frozen would let us wait.
      if (connection.failure === undefined) {
        await connection.client
          .query('ROLLBACK')
          .catch((error: unknown) => (connection.failure = asError(error)));
      }
      connection.release();
    }
  }

  private async *rows<T>(
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
    await this.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  }

  /** @throws the reason of the signal, where nobody waits for the answer any longer */
  async query<Row extends QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    this.signal.throwIfAborted();
    this.running += 1;
    try {
      const { rows } = await (parameters.length === 0
        ? this.client.query<Row>(sql)
        : this.client.query<Row>(sql, [...parameters]));
      return rows;
    } finally {
      this.running -= 1;
    }
  }

  /** Asks a question whose answer stays with the database until it is fetched. */
  async open<Row extends QueryResultRow>(
    sql: string,
    parameters: readonly unknown[],
  ): Promise<ReadCursor<Row>> {
    this.cursors += 1;
    const name = `rows_${this.cursors.toString()}`;
    await this.query(`DECLARE ${name} NO SCROLL CURSOR FOR ${sql}`, parameters);
    return new ReadCursor(this, name);
  }

  /** Gives a cursor up that is at its end. The transaction closes what is left. */
  async end(cursor: string): Promise<void> {
    this.ended.push(cursor);
    if (this.ended.length < CLOSED_AT_ONCE) return;
    await this.query(this.ended.map((name) => `CLOSE ${name}`).join(';'));
    this.ended = [];
  }
}

/** An answer that is fetched a few rows at a time. */
export class ReadCursor<Row extends QueryResultRow> {
  private rows: Row[] = [];
  private at = 0;
  private ended = false;

  constructor(
    private readonly transaction: ReadTransaction,
    private readonly name: string,
  ) {}

  /**
   * The row that comes next, which stays until it is taken; undefined at the end.
   *
   * @param count rows to fetch at once where none is here; so many are in memory, at most
   */
  async peek(count: number): Promise<Row | undefined> {
    if (this.at === this.rows.length && !this.ended) {
      this.rows = await this.fetch(count);
      this.at = 0;
    }
    return this.here;
  }

  /** The next rows, as many as there are of those asked for; they do not stay. */
  async fetch(count: number): Promise<Row[]> {
    const rows = await this.transaction.query<Row>(`FETCH ${count.toString()} FROM ${this.name}`);
    if (rows.length < count) await this.close();
    return rows;
  }

  /** The row that comes next, where it is in memory. */
  get here(): Row | undefined {
    return this.rows[this.at];
  }

  /** Every row has been taken. */
  get atEnd(): boolean {
    return this.ended && this.at === this.rows.length;
  }

  /** Passes over the row that comes next. */
  take(): void {
    this.at += 1;
  }

  private async close(): Promise<void> {
    this.ended = true;
    await this.transaction.end(this.name);
  }
}
