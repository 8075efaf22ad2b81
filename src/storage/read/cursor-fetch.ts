import pg, { type Connection, type QueryResult, type QueryResultRow } from 'pg';

/** The query of a cursor. */
export interface CursorQuery {
  text: string;
  values: readonly unknown[];
  /** Of the statement: see `RowStatement`. */
  name?: string | undefined;
}

/** What the types of node-postgres lack. */
interface QueryInternals {
  submit(connection: Connection): Error | null;
  _getRows(connection: Connection): void;
  handlePortalSuspended(): void;
}
interface Wire {
  describe(portal: { type: 'P'; name: string }): void;
  execute(portal: { portal: string; rows: number }): void;
  sync(): void;
}

const QueryBase = pg.Query as unknown as new (
  config: object,
) => Omit<InstanceType<typeof pg.Query>, 'submit'> & QueryInternals;

/**
 * Fetches rows of a portal within a transaction, in one round trip. Several portals can be open at a time, as the cursors
 * of DECLARE can, which need a statement of their own before the first rows.
 */
export class CursorFetch<Row extends QueryResultRow> extends QueryBase {
  /** @param query of a portal that is to be opened; undefined to go on */
  constructor(
    private readonly portalName: string,
    private readonly count: number,
    private readonly query: CursorQuery | undefined,
    callback: (error: Error | null, result: QueryResult<Row>) => void,
  ) {
    const { text = '', values = [], name } = query ?? {};
    super({
      text,
      values: [...values],
      portal: portalName,
      queryMode: 'extended',
      callback,
      ...(name !== undefined && { name }),
    });
  }

  override submit(connection: Connection): Error | null {
    if (this.query !== undefined) return super.submit(connection);
    (connection as unknown as Wire).describe({ type: 'P', name: this.portalName });
    this._getRows(connection);
    return null;
  }

  override _getRows(connection: Connection): void {
    const wire = connection as unknown as Wire;
    wire.execute({ portal: this.portalName, rows: this.count });
    wire.sync();
  }

  override handlePortalSuspended(): void {
    // In a transaction it stays open until the next fetch.
  }
}
