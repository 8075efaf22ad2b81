import pg, { type ClientBase, type QueryConfig, type QueryResult, type QueryResultRow } from 'pg';
import type { DataSource } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { connect } from 'node:net';
import { untilAborted, withDeadline } from '../../platform/async/index.js';
import { isRolledBack } from '../schema/index.js';
import { CursorFetch, type CursorQuery } from './cursor-fetch.js';
import { RowPortal, type RowStatement } from './row-portal.js';

/** Classes of errors after which the session may have ended: connection, operator intervention, internal error. */
const SESSION_ENDED = /^(08|57|XX)/;

/** For the end of a statement whose reader stopped. */
const CLOSE_LIMIT_MS = 1_000;

type Borrowed = [client: ClientBase, release: (failure?: Error) => void];

/** A statement with its own timeout, instead of that of the pool: milliseconds. */
interface Statement extends QueryConfig {
  query_timeout?: number;
}

/**
 * A connection of the readers' pool. One that failed or is busy is closed when it is released, and counts in the pool
 * until its statement has ended.
 */
export class ReaderConnection {
  /** Why it must not be used again. */
  failure: Error | undefined;
  /** Statements without a response yet. */
  private readonly running = new Set<Promise<unknown>>();

  private constructor(
    private readonly client: ClientBase,
    private readonly returnIt: (failure?: Error) => void,
  ) {
    client.on('error', this.onError);
  }

  /**
   * Waits for a free connection. One that comes after the signal aborted is released.
   *
   * @throws the signal's reason
   */
  static async borrow(dataSource: DataSource, signal?: AbortSignal): Promise<ReaderConnection> {
    signal?.throwIfAborted();
    // A QueryRunner cannot release its connection as broken.
    const driver = dataSource.driver as PostgresDriver;
    const obtaining = (driver.obtainMasterConnection() as Promise<Borrowed>).then(
      (borrowed) => new ReaderConnection(...borrowed),
    );
    if (signal === undefined) return await obtaining;
    try {
      return await untilAborted(obtaining, signal);
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
   * Runs a statement. When the signal aborts, it does not wait for the result, and the connection is to be released.
   *
   * @throws the signal's reason; errors of the database
   */
  async query<Row extends QueryResultRow>(
    statement: Statement,
    signal?: AbortSignal,
  ): Promise<QueryResult<Row>> {
    signal?.throwIfAborted();
    return await this.result(this.client.query<Row>(statement), signal);
  }

  /**
   * Fetches rows of a portal within a transaction: see {@link CursorFetch}.
   *
   * @throws the signal's reason; errors of the database
   */
  async fetch<Row extends QueryResultRow>(
    portal: string,
    count: number,
    query: CursorQuery | undefined,
    signal: AbortSignal,
  ): Promise<QueryResult<Row>> {
    signal.throwIfAborted();
    const result = new Promise<QueryResult<Row>>((resolve, reject) => {
      const fetch = new CursorFetch<Row>(portal, count, query, (error, rows) => {
        if (error === null) resolve(rows);
        else reject(error);
      });
      this.client.query(fetch as unknown as pg.Submittable);
    });
    return await this.result(result, signal);
  }

  private async result<T>(result: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    const ended = result.then(
      () => undefined,
      () => undefined,
    );
    this.running.add(ended);
    void ended.then(() => this.running.delete(ended));
    return await (signal === undefined ? result : untilAborted(result, signal));
  }

  /**
   * The rows of a statement, in pieces. A reader that stops ends it.
   *
   * @throws the signal's reason; errors of the database
   */
  async *rows(
    statement: RowStatement,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[], void, undefined> {
    signal.throwIfAborted();
    let onEnd: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (onEnd = resolve));
    const portal = new RowPortal(statement, onEnd);
    this.running.add(ended);
    void ended.then(() => this.running.delete(ended));
    const abandon = (): void => portal.abandon(signal.reason as Error);
    signal.addEventListener('abort', abandon);
    this.client.query(portal);
    try {
      for (let piece = await portal.next(); piece !== undefined; piece = await portal.next()) yield piece;
    } finally {
      signal.removeEventListener('abort', abandon);
      if (portal.close()) await withDeadline(CLOSE_LIMIT_MS, () => ended).catch(() => undefined);
    }
  }

  /** Returns it to the pool. A running statement is cancelled first. */
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
    this.returnIt(this.failure);
  }

  /** The next statement fails with it. */
  private readonly onError = (error: Error): void => void (this.failure ??= error);
}

/**
 * Runs a statement outside of a transaction, and returns its row; undefined if there is none. If PostgreSQL rolls it
 * back because of a deadlock or serialization failure, it is retried once.
 *
 * @throws errors of the database
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

/** Whether a connection must not be used again: the session may have ended, or the statement may still run. */
export function isSessionEnded(error: unknown): boolean {
  return !(error instanceof pg.DatabaseError) || SESSION_ENDED.test(error.code ?? '');
}

export function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}

/** The code of a CancelRequest of PostgreSQL's protocol. */
const CANCEL_REQUEST = 80_877_102;
/** How long the server may take to cancel a statement. */
const CANCEL_LIMIT_MS = 1_000;

interface ClientInternals {
  host: string;
  port: number;
  processID: number | null;
  secretKey: number | null;
  connection: { stream: { destroy(): void } };
}

/**
 * Cancels the statement of a connection, which fails then. The connection must not be used again: its socket is
 * destroyed if the server does not cancel in time.
 */
function cancelStatement(client: ClientBase): void {
  const { host, port, processID, secretKey, connection } = client as unknown as ClientInternals;
  const timer = setTimeout(() => connection.stream.destroy(), CANCEL_LIMIT_MS);
  client.once('end', () => clearTimeout(timer));
  if (processID === null || secretKey === null) return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  // On another connection, which the server closes without a response.
  const socket = connect(
    host.startsWith('/') ? { path: `${host}/.s.PGSQL.${port.toString()}` } : { host, port },
  );
  socket.setTimeout(CANCEL_LIMIT_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.end(request);
}
