import type { PurgeContext } from './purge-context.js';
import type { PurgePart } from './purge-part.js';

/** Rows that one statement removes: nobody waits long for it, and a purge that is ended has still got somewhere. */
const CHUNK = 5_000;

/** What an `orderBy` can be, as the driver has it. */
type Place = Date | string | number;

/** Rows of one table that expire one by one. All names and conditions are SQL, and are put into it as they are. */
export interface ExpiringRows {
  table: string;
  /** The columns of its primary key. */
  key: readonly string[];
  /** A column with an index that has the oldest rows first. It does not change once a row has expired. */
  orderBy: string;
  /** What says of a row that it has expired, by the parameters that `kept` gives. By default `orderBy < $1`. */
  condition?: string;
  /** How long rows are kept: milliseconds, and `$1` is the time so long ago. Or a function that gives all parameters. */
  kept: number | ((context: PurgeContext) => readonly unknown[] | Promise<readonly unknown[]>);
  /** See {@link PurgePart.after}. */
  after?: readonly string[];
}

/** The part of a purge that removes such rows. It has the name of the table. */
export function expiringRows({ table, key, orderBy, condition, kept, after = [] }: ExpiringRows): PurgePart {
  const expired = `(${condition ?? `${orderBy} < $1`})`;
  const keys = `(${key.join(', ')})`;
  const parametersOf = async (context: PurgeContext): Promise<readonly unknown[]> =>
    typeof kept === 'number' ? [new Date(context.now - kept)] : await kept(context);

  // The condition is there twice: what changes while we wait for a row is looked at again.
  const deleteFrom = (bound: string): string =>
    `DELETE FROM ${table} WHERE ${expired} AND ${keys} IN
       (SELECT ${key.join(', ')} FROM ${table} WHERE ${expired} ${bound} ORDER BY ${orderBy} LIMIT ${CHUNK.toString()})
     RETURNING ${orderBy} AS place`;

  return {
    name: table,
    after,

    /** In chunks, each in a transaction of its own. */
    async purge(context, report) {
      const { client, signal } = context;
      const parameters = await parametersOf(context);
      const place = `$${(parameters.length + 1).toString()}`;
      let last: Place | undefined;
      for (let count = CHUNK; count === CHUNK && !signal.aborted;) {
        // From where the last chunk ended, so that rows which stay are not looked at again with every chunk.
        const { rows } = await (last === undefined
          ? client.query<{ place: Place }>(deleteFrom(''), [...parameters])
          : client.query<{ place: Place }>(deleteFrom(`AND ${orderBy} >= ${place}`), [...parameters, last]));
        for (const row of rows) if (last === undefined || row.place > last) last = row.place;
        count = rows.length;
        report.deleted(table, count);
      }
    },

    async preview(context) {
      const { rows } = await context.client.query<{ count: number }>(
        `SELECT count(*)::float8 AS count FROM ${table} WHERE ${expired}`,
        [...(await parametersOf(context))],
      );
      return { rows: { [table]: rows[0]?.count ?? 0 } };
    },
  };
}
