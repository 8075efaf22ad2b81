import pg, { type ClientBase } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { isRolledBack } from '../schema/index.js';

/** Classes of errors after which there may be no session: of the connection, by an operator, inside of the server. */
const SESSION_ENDED = /^(08|57|XX)/;

type Lent = [client: ClientBase, release: (failure?: Error) => void];

/** A connection of the readers' pool that is lent. One that may be broken, or busy still, does not go back. */
export class ReaderConnection {
  /** Why it is not to be used again. */
  failure: Error | undefined;

  private constructor(
    readonly client: ClientBase,
    private readonly giveBack: (failure?: Error) => void,
  ) {}

  /** Waits until one is free. */
  static async borrow(dataSource: DataSource): Promise<ReaderConnection> {
    // A query runner does not let us say that its connection is broken.
    const driver = dataSource.driver as PostgresDriver;
    const [client, giveBack] = (await driver.obtainMasterConnection()) as Lent;
    const connection = new ReaderConnection(client, giveBack);
    client.on('error', connection.onError);
    return connection;
  }

  release(): void {
    this.client.off('error', this.onError);
    this.giveBack(this.failure);
  }

  /** Whoever asks next learns of it. */
  private readonly onError = (error: Error): void => void (this.failure ??= error);
}

/**
 * The row that a statement of its own answers or writes; undefined where there is none. One that the database takes
 * back is run once more: it has done nothing.
 *
 * @throws what the database does
 */
export async function singleRow<Row extends pg.QueryResultRow>(
  dataSource: DataSource,
  sql: string,
  parameters: readonly unknown[] = [],
): Promise<Row | undefined> {
  const connection = await ReaderConnection.borrow(dataSource);
  const run = (): Promise<pg.QueryResult<Row>> => connection.client.query<Row>(sql, [...parameters]);
  try {
    const { rows } = await run().catch((error: unknown) => {
      if (isRolledBack(error)) return run();
      throw error;
    });
    return rows[0];
  } catch (error) {
    // Only where the server says so is the statement over.
    if (!(error instanceof pg.DatabaseError) || SESSION_ENDED.test(error.code ?? '')) {
      connection.failure ??= asError(error);
    }
    throw error;
  } finally {
    connection.release();
  }
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
