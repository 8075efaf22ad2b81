import pg, { type Connection } from 'pg';
import { AdaptiveFetchSize } from './read-cursor.js';

/** A statement whose rows have one column, of type text, or become texts. */
export interface RowStatement {
  text: string;
  values?: readonly unknown[];
  /** It is planned once for each session under this name, and must always have the same text. */
  name?: string;
  /** The text of a row of several columns. */
  toRow?: (values: readonly (string | null)[]) => string;
  /** Rows of the first piece: 64 by default. */
  firstRows?: number;
  /** Rows of any piece: 500 by default. */
  maxRows?: number;
}

/** Rows in memory: characters. */
const MAX_LENGTH = 262_144;
const FIRST_ROWS = 64;
const MAX_ROWS = 500;

const firstOf = ([text]: readonly (string | null)[]): string => text ?? '';

/** Pieces have time limits of their own: see `readRows`. This one is longer than that of the pool. */
const NO_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * PostgreSQL counts the time limit of a statement until it completes, so that one that is read slowly would exceed it.
 * It counts anew once another one has completed.
 */
const RENEWAL = { text: 'SELECT WHERE false', portal: 'renewal' };

/** What the types of node-postgres lack. */
interface QueryInternals {
  _getRows(connection: Connection, rows: number): void;
  handleError(error: Error, connection: Connection): void;
}
interface Wire {
  stream: { cork(): void; uncork(): void };
  parse(statement: { text: string; name: string }): void;
  bind(portal: { portal: string; statement: string }): void;
  execute(portal: { portal: string }): void;
  close(portal: { type: 'P'; name: string }): void;
}

const QueryBase = pg.Query as unknown as new (
  config: object,
) => InstanceType<typeof pg.Query> & QueryInternals;

/**
 * A running statement whose rows come in pieces, without a transaction or cursor: one round trip if they are few.
 * PostgreSQL is one piece ahead of the reader, from the second one on. All rows are of one snapshot.
 */
export class RowPortal extends QueryBase {
  readonly query_timeout = NO_TIMEOUT_MS;
  private readonly size: AdaptiveFetchSize;
  private readonly toRow: (values: readonly (string | null)[]) => string;
  private piece: string[] = [];
  /** A piece that is not taken yet. */
  private ready: readonly string[] | undefined;
  private taken = 0;
  private state: 'running' | 'suspended' | 'ended' = 'running';
  /** Whether the next statement to complete is the renewal. */
  private isRenewing = false;
  private failure: Error | undefined;
  private connection: Connection | undefined;
  private wake: (() => void) | undefined;

  /** @param onEnd is called when PostgreSQL has ended the statement */
  constructor(
    { text, values = [], name, toRow = firstOf, firstRows = FIRST_ROWS, maxRows = MAX_ROWS }: RowStatement,
    onEnd: () => void,
  ) {
    const size = new AdaptiveFetchSize({
      length: MAX_LENGTH,
      firstRows: Math.min(firstRows, maxRows),
      maxRows,
    });
    super({
      text,
      values: [...values],
      ...(name !== undefined && { name }),
      rows: size.rows(),
      callback: onEnd,
    });
    this.size = size;
    this.toRow = toRow;
  }

  /**
   * The next rows, at least one; undefined after the last ones.
   *
   * @throws errors of the database; the reason of `abandon`
   */
  async next(): Promise<readonly string[] | undefined> {
    if (this.ready === undefined) this.resume();
    while (this.ready === undefined && this.state !== 'ended' && this.failure === undefined)
      await new Promise<void>((resolve) => (this.wake = resolve));
    const { ready, failure } = this;
    if (ready === undefined && failure !== undefined) throw failure;
    this.ready = undefined;
    // Not after the first piece: who reads no more ends the statement without a cancel request.
    if (this.taken > 0) this.resume();
    this.taken += 1;
    return ready;
  }

  /** The reader gives up: the next piece fails with the reason. */
  abandon(reason: Error): void {
    this.failure ??= reason;
    this.ready = undefined;
    this.wake?.();
  }

  /** Ends a statement that waits for its reader. @returns false if it is running: only a cancel request ends it */
  close(): boolean {
    if (this.state === 'suspended') this.connection?.sync();
    return this.state !== 'running';
  }

  handleRowDescription(): void {
    // Values stay texts.
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    try {
      const text = this.toRow(fields);
      this.piece.push(text);
      this.size.saw(text.length);
    } catch (error) {
      this.abandon(error instanceof Error ? error : new Error(String(error)));
    }
  }

  handlePortalSuspended(connection: Connection): void {
    this.connection = connection;
    this.state = 'suspended';
    this.deliver();
  }

  handleCommandComplete(_message: unknown, connection: Connection): void {
    if (this.isRenewing) this.isRenewing = false;
    else connection.sync();
  }

  handleReadyForQuery(): void {
    this.deliver();
    this.end();
  }

  override handleError(error: Error, connection: Connection): void {
    this.failure ??= error;
    // PostgreSQL waits for it after an error of the statement. There is no other response to it than "ready".
    if (error instanceof pg.DatabaseError) connection.sync();
    this.end();
  }

  private resume(): void {
    const { connection } = this;
    if (connection === undefined || this.state !== 'suspended') return;
    this.state = 'running';
    this.isRenewing = true;
    const wire = connection as unknown as Wire;
    const { text, portal } = RENEWAL;
    wire.stream.cork();
    wire.parse({ text, name: '' });
    wire.bind({ portal, statement: '' });
    wire.execute({ portal });
    wire.close({ type: 'P', name: portal });
    this._getRows(connection, this.size.rows());
    wire.stream.uncork();
  }

  private deliver(): void {
    if (this.piece.length === 0) return;
    this.ready = this.piece;
    this.piece = [];
    this.wake?.();
  }

  private end(): void {
    this.state = 'ended';
    this.wake?.();
    (this as unknown as { callback: () => void }).callback();
  }
}
