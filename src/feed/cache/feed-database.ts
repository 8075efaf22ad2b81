import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { ClientBase, QueryResult, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { asError, ReaderConnection } from '../../storage/index.js';

/** Rows of the first fetch, and bounds for those that follow. */
const FIRST_ROWS = 64;
const MOST_ROWS = 5_000;

/** The database did not answer in the time that it had. */
export class FeedTimeoutError extends Error {
  override readonly name = 'FeedTimeoutError';

  constructor(limitMs: number) {
    super(`It did not end within ${(limitMs / 1000).toString()} s.`);
  }
}

export interface TransactionOptions {
  /** All of it is given up after this. */
  limitMs: number;
  /** It is given up at once. */
  signal: AbortSignal;
  /** More settings, in SQL. */
  settings?: string;
}

/** Short transactions of the feed, on one of the readers' connections, each with a limit of its own. */
@Injectable()
export class FeedDatabase {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

  /**
   * @throws FeedTimeoutError, the signal's reason, errors of the database
   */
  async transaction<T>(
    options: TransactionOptions,
    work: (transaction: FeedTransaction) => Promise<T>,
  ): Promise<T> {
    options.signal.throwIfAborted();
    const limit = new Limit(options);
    try {
      return await this.transactionWithin(limit, options, work);
    } finally {
      limit.end();
    }
  }

  private async transactionWithin<T>(
    limit: Limit,
    options: TransactionOptions,
    work: (transaction: FeedTransaction) => Promise<T>,
  ): Promise<T> {
    const connection = await this.borrow(limit);
    try {
      const transaction = await FeedTransaction.begin(connection.client, limit, options);
      const result = await work(transaction);
      await transaction.end();
      return result;
    } catch (error) {
      // What is under way on it is not waited for: the connection is given up.
      throw (connection.failure ??= asError(error));
    } finally {
      connection.release();
    }
  }

  /** One that comes too late goes back at once. */
  private async borrow(limit: Limit): Promise<ReaderConnection> {
    const borrowing = ReaderConnection.borrow(this.dataSource);
    try {
      return await limit.race(borrowing);
    } catch (error) {
      void borrowing.then(
        (connection) => connection.release(),
        () => undefined,
      );
      throw error;
    }
  }
}

/** One state of the database, read piece by piece. */
export class FeedTransaction {
  private constructor(
    private readonly client: ClientBase,
    private readonly limit: Limit,
    /** When it began, by the database: microseconds since the epoch. */
    readonly now: number,
  ) {}

  static async begin(
    client: ClientBase,
    limit: Limit,
    { limitMs, settings }: TransactionOptions,
  ): Promise<FeedTransaction> {
    const results = (await limit.race(
      client.query(
        `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
         SET LOCAL statement_timeout = ${limitMs.toString()};
         ${settings ?? ''};
         SELECT ${microsecondsOf('now()')} AS now`,
      ),
    )) as unknown as QueryResult<{ now: number }>[];
    return new FeedTransaction(client, limit, results.at(-1)?.rows[0]?.now ?? NaN);
  }

  async query<Row extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<Row[]> {
    // The readers' own limit on an answer is shorter than ours may be.
    const config = { text, values: [...values], query_timeout: this.limit.ms + 1_000 };
    return (await this.limit.race(this.client.query<Row>(config))).rows;
  }

  /**
   * The rows of a question, some at a time.
   *
   * @param pieceBytes how much of them is in memory at once, about
   */
  async *pieces<Row extends QueryResultRow & { text: string }>(
    sql: string,
    parameters: readonly unknown[],
    pieceBytes: number,
  ): AsyncGenerator<Row[], void, undefined> {
    await this.query(`DECLARE feed NO SCROLL CURSOR FOR ${sql}`, parameters);
    for (let count = FIRST_ROWS; ;) {
      const rows = await this.query<Row>(`FETCH ${count.toString()} FROM feed`, []);
      if (rows.length > 0) yield rows;
      if (rows.length < count) break;
      const bytes = rows.reduce((sum, row) => sum + row.text.length, 0) / rows.length;
      count = Math.max(1, Math.min(MOST_ROWS, Math.floor(pieceBytes / Math.max(1, bytes))));
    }
    await this.query('CLOSE feed', []);
  }

  async end(): Promise<void> {
    await this.limit.race(this.client.query('COMMIT'));
  }
}

/** Microseconds since the epoch, as a number that keeps each of them. */
export const microsecondsOf = (time: string): string =>
  `(extract(epoch FROM ${time}) * 1000000)::bigint::float8`;

/** Ends the wait for whatever takes too long. */
class Limit {
  readonly ms: number;
  private readonly over: Promise<never>;
  private readonly done = new AbortController();

  constructor({ limitMs, signal }: TransactionOptions) {
    this.ms = limitMs;
    this.over = new Promise((_resolve, reject) => {
      const timer = setTimeout(() => reject(new FeedTimeoutError(limitMs)), limitMs);
      const stop = (): void => reject(signal.reason as Error);
      signal.addEventListener('abort', stop, { signal: this.done.signal });
      this.done.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    this.over.catch(() => undefined);
  }

  async race<T>(work: Promise<T>): Promise<T> {
    work.catch(() => undefined);
    return await Promise.race([work, this.over]);
  }

  end(): void {
    this.done.abort();
  }
}
