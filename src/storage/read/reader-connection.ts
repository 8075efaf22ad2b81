import pg, { type ClientBase, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { orAborted } from '../../platform/lifecycle/index.js';
import { isRolledBack } from '../schema/index.js';
import { cancelStatement } from './cancel-statement.js';

/** Classes of errors after which there may be no session: of the connection, by an operator, inside of the server. */
const SESSION_ENDED = /^(08|57|XX)/;

type Lent = [client: ClientBase, release: (failure?: Error) => void];

/** A statement, with a limit of its own in place of the pool's: milliseconds. */
export interface Statement extends QueryConfig {
  query_timeout?: number;
}

/**
 * A connection that the readers' pool lends. The pool bounds how many there are: one that failed, or that runs a
 * statement, is closed when it is released, and counts until its statement has ended.
 */
export class ReaderConnection {
  /** Why it is not to be used again. */
  failure: Error | undefined;
  /** Statements that the database has not responded to. */
  private readonly running = new Set<Promise<unknown>>();

  private constructor(
    private readonly client: ClientBase,
    private readonly giveBack: (failure?: Error) => void,
  ) {
    client.on('error', this.onError);
  }

  /**
   * Waits until one is free. One that comes after the signal aborted is released at once.
   *
   * @throws the signal's reason
   */
  static async borrow(dataSource: DataSource, signal?: AbortSignal): Promise<ReaderConnection> {
    signal?.throwIfAborted();
    // A query runner does not let us say that its connection is broken.
    const driver = dataSource.driver as PostgresDriver;
    const obtaining = (driver.obtainMasterConnection() as Promise<Lent>).then(
      (lent) => new ReaderConnection(...lent),
    );
    if (signal === undefined) return await obtaining;
    try {
      return await orAborted(obtaining, signal);
    } catch (error) {
      void obtaining.then(
        (connection) => connection.release(),
        () => undefined,
      );
      throw error;
    }
  }

  get isBusy(): boolean {
    return this.running.size > 0;
  }

  /**
   * Runs a statement. After the signal aborted its outcome is not waited for, and the connection is to be released.
   *
   * @throws the signal's reason, what the database does
   */
  async query<Row extends QueryResultRow>(
    statement: Statement,
    signal?: AbortSignal,
  ): Promise<QueryResult<Row>> {
    signal?.throwIfAborted();
    const result = this.client.query<Row>(statement);
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    this.running.add(ended);
    void ended.then(() => this.running.delete(ended));
    return await (signal === undefined ? result : orAborted(result, signal));
  }

  /** Gives it back. A statement that runs is cancelled before. */
  release(): void {
    if (!this.isBusy) {
      this.returnToPool();
      return;
    }
    this.failure ??= new Error('Its statement was cancelled.');
    cancelStatement(this.client);
    void Promise.all(this.running).then(() => this.returnToPool());
  }

  private returnToPool(): void {
    this.client.off('error', this.onError);
    this.giveBack(this.failure);
  }

  /** The next statement fails by it. */
  private readonly onError = (error: Error): void => void (this.failure ??= error);
}

/**
 * The row that a statement of its own returns; undefined where there is none. A statement that the database rolls back
 * is run once more: it has done nothing.
 *
 * @throws what the database does
 */
export async function singleRow<Row extends QueryResultRow>(
  dataSource: DataSource,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row | undefined> {
  const connection = await ReaderConnection.borrow(dataSource);
  const run = (): Promise<QueryResult<Row>> => connection.query<Row>({ text: sql, values: [...parameters] });
  try {
    const { rows } = await run().catch((error: unknown) => {
      if (isRolledBack(error)) return run();
      throw error;
    });
    return rows[0];
  } catch (error) {
    if (isSessionEnded(error)) connection.failure ??= asError(error);
    throw error;
  } finally {
    connection.release();
  }
}

/** Whether a connection is not to be used again. Only where the server says so is a statement over. */
export function isSessionEnded(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || SESSION_ENDED.test(error.code ?? '');
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
