import type { ClientBase, QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';

type Lent = [client: ClientBase, release: (failure?: Error) => void];

/** Cursors at their end that are closed together: each would cost a round trip. */
const CLOSED_AT_ONCE = 16;

/** A transaction that sees one state of the database, and reads it piece by piece. */
export class ReadTransaction {
  private cursors = 0;
  /** Those at their end. */
  private ended: string[] = [];

  private constructor(private readonly client: ClientBase) {}

  /**
   * Reads in a transaction of its own, which ends when the reading does: at the end, by an error, or because
   * nobody asks for more. Its connection goes back to the readers' pool, which bounds how many read at once;
   * where something failed on it, it is given up.
   */
  static async *read<T>(
    dataSource: DataSource,
    reading: (transaction: ReadTransaction) => AsyncIterable<T>,
  ): AsyncGenerator<T, void, undefined> {
    // A query runner does not let us say that its connection is broken.
    const [client, release] = (await (dataSource.driver as PostgresDriver).obtainMasterConnection()) as Lent;
    let failure: Error | undefined;
    // Whoever asks next learns of it.
    const onError = (error: Error): void => void (failure ??= error);
    client.on('error', onError);
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
      yield* reading(new ReadTransaction(client));
    } catch (error) {
      failure ??= asError(error);
      throw failure;
    } finally {
      // After a failure the connection is not asked again: a server that is frozen would let us wait.
      if (failure === undefined) {
        await client.query('ROLLBACK').catch((error: unknown) => (failure = asError(error)));
      }
      client.off('error', onError);
      release(failure);
    }
  }

  async query<Row extends QueryResultRow>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await (parameters.length === 0
      ? this.client.query<Row>(sql)
      : this.client.query<Row>(sql, [...parameters]));
    return rows;
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
      this.rows = await this.transaction.query<Row>(`FETCH ${count.toString()} FROM ${this.name}`);
      this.at = 0;
      if (this.rows.length < count) await this.close();
    }
    return this.here;
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

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
