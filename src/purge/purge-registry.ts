import { Injectable, Module } from '@nestjs/common';
import { OutsideServerError } from '../platform/errors/index.js';
import { Lifecycle } from '../platform/lifecycle/index.js';
import type { PurgeContext, PurgePart } from './purge-part.js';

/** The parts of every purge, of the server and of a team. Modules register them in their constructor. */
@Injectable()
export class PurgeRegistry {
  private readonly parts = new Map<string, PurgePart>();

  /** @throws if a part has the same name */
  register(part: PurgePart): void {
    if (this.parts.has(part.name)) throw new Error(`Two purge parts are named ${part.name}.`);
    this.parts.set(part.name, part);
  }

  /** Registers a table whose rows expire one by one. */
  registerRows(rows: ExpiringRows): void {
    this.register(expiringRows(rows));
  }

  /**
   * All parts in the order of their dependencies, otherwise in the order of registration.
   *
   * @throws if a part depends on one that is not registered, or on itself
   */
  inOrder(): PurgePart[] {
    const ordered = new Set<PurgePart>();
    const visit = (part: PurgePart, waiting: readonly string[]): void => {
      if (ordered.has(part)) return;
      if (waiting.includes(part.name)) {
        throw new Error(`Purge parts depend on each other: ${[...waiting, part.name].join(', ')}.`);
      }
      for (const name of part.after ?? []) {
        const before = this.parts.get(name);
        if (before === undefined) {
          throw new Error(`The purge part ${part.name} depends on ${name}, which is not registered.`);
        }
        visit(before, [...waiting, part.name]);
      }
      ordered.add(part);
    };
    for (const part of this.parts.values()) visit(part, []);
    return [...ordered];
  }
}

/** Modules that register what expires import this one. */
@Module({
  providers: [
    {
      provide: PurgeRegistry,
      // It needs nothing, but outside of the server nothing would be purged.
      inject: [{ token: Lifecycle, optional: true }],
      useFactory: (lifecycle?: Lifecycle) => {
        if (lifecycle === undefined) throw new OutsideServerError('PurgeRegistryModule');
        return new PurgeRegistry();
      },
    },
  ],
  exports: [PurgeRegistry],
})
export class PurgeRegistryModule {}

/** Rows per DELETE: short transactions, whose progress stays if a purge is stopped. */
const CHUNK_ROWS = 5_000;

/** The value of an `orderBy` column in the driver. */
type SortValue = Date | string | number;

/** Rows of one table that expire one by one. Names and conditions are inserted into SQL as they are. */
export interface ExpiringRows {
  table: string;
  /** The columns of its primary key. */
  key: readonly string[];
  /** An indexed column with the oldest rows first. Its value must not change once a row has expired. */
  orderBy: string;
  /** The condition for an expired row, with the parameters of `kept`. By default `orderBy < $1`. */
  condition?: string;
  /** The retention time in milliseconds, whose cutoff is `$1`, or a function that returns all parameters. */
  kept: number | ((context: PurgeContext) => readonly unknown[] | Promise<readonly unknown[]>);
  /** See {@link PurgePart.after}. */
  after?: readonly string[];
}

function expiringRows({ table, key, orderBy, condition, kept, after = [] }: ExpiringRows): PurgePart {
  const expired = `(${condition ?? `${orderBy} < $1`})`;
  const keys = `(${key.join(', ')})`;
  const parametersOf = async (context: PurgeContext): Promise<readonly unknown[]> =>
    typeof kept === 'number' ? [new Date(context.now - kept)] : await kept(context);

  // The condition is there twice, so that it is checked again after waiting for a row lock.
  const deleteFrom = (bound: string): string =>
    `DELETE FROM ${table} WHERE ${expired} AND ${keys} IN
       (SELECT ${key.join(', ')} FROM ${table} WHERE ${expired} ${bound} ORDER BY ${orderBy} LIMIT ${CHUNK_ROWS.toString()})
     RETURNING ${orderBy} AS sort_value`;

  return {
    name: table,
    after,

    /** In chunks, each in its own transaction. */
    async purge(context, report) {
      const { client, signal } = context;
      const parameters = await parametersOf(context);
      const parameter = `$${(parameters.length + 1).toString()}`;
      let last: SortValue | undefined;
      for (let count = CHUNK_ROWS; count === CHUNK_ROWS && !signal.aborted;) {
        // From the end of the last chunk, so that rows which stay are not read with every chunk.
        const { rows } = await (last === undefined
          ? client.query<{ sort_value: SortValue }>(deleteFrom(''), [...parameters])
          : client.query<{ sort_value: SortValue }>(deleteFrom(`AND ${orderBy} >= ${parameter}`), [
              ...parameters,
              last,
            ]));
        for (const row of rows) if (last === undefined || row.sort_value > last) last = row.sort_value;
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
