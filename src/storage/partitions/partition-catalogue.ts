import type { ClientBase } from 'pg';
import type { LogTable } from '../schema/index.js';
import type { TimeRange } from './partition-width.js';

export interface Partition extends TimeRange {
  /** As SQL takes it: quoted, and with its schema, where need be. */
  name: string;
}

/**
 * The partitions of a table by the database's own catalogue, oldest first. A bound that was left open is
 * infinite; a default partition is passed over.
 *
 * @param client a session that writes times in ISO format, in whatever time zone
 */
export async function listPartitions(client: ClientBase, table: LogTable): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string; bound: string | null }>(
    `SELECT child.oid::regclass::text AS name, pg_get_expr(child.relpartbound, child.oid) AS bound
       FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = to_regclass($1)`,
    [table],
  );
  return rows
    .flatMap(({ name, bound }) =>
      // The bound of one that is being dropped is gone before its row is.
      bound === null || bound === 'DEFAULT' ? [] : [{ name, ...parseBound(bound) }],
    )
    .sort((left, right) => left.from - right.from);
}

const BOUND = /^FOR VALUES FROM \((.+)\) TO \((.+)\)$/;

/** Reads `FOR VALUES FROM ('2024-02-01 00:00:00+00') TO ('…')`. */
function parseBound(bound: string): TimeRange {
  const [, from = '', to = ''] = BOUND.exec(bound) ?? [];
  const range = { from: timeOf(from), to: timeOf(to) };
  if (Number.isNaN(range.from) || Number.isNaN(range.to)) {
    throw new Error(`A partition has a bound that cannot be read: ${bound}`);
  }
  return range;
}

function timeOf(text: string): number {
  if (text === 'MINVALUE' || text === "'-infinity'") return -Infinity;
  if (text === 'MAXVALUE' || text === "'infinity'") return Infinity;
  const [, day, time, offset] = /^'(\S+) ([\d:.]+)([+-]\d\d(?::\d\d)?)'$/.exec(text) ?? [];
  if (day === undefined || time === undefined || offset === undefined) return NaN;
  return Date.parse(`${day}T${time}${offset.length === 3 ? `${offset}:00` : offset}`);
}

/** Names a partition by the table and the hour at which it begins, which no other of the table shares. */
export function partitionName(table: LogTable, range: TimeRange): string {
  return `${table}_${new Date(range.from).toISOString().slice(0, 13).replace(/[-T]/g, '')}`;
}
