import type { ClientBase } from 'pg';
import type { TimeRange } from './partition-width.js';

export const LOG_TABLES = ['logs_expiring', 'logs_audit'] as const;
export type LogTable = (typeof LOG_TABLES)[number];

export interface Partition extends TimeRange {
  name: string;
}

/** The partitions of a table by the database's own catalogue, oldest first. */
export async function listPartitions(client: ClientBase, table: LogTable): Promise<Partition[]> {
  const { rows } = await client.query<{ name: string; bound: string }>(
    `SELECT child.relname AS name, pg_get_expr(child.relpartbound, child.oid) AS bound
       FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = to_regclass($1)`,
    [table],
  );
  return rows
    .map(({ name, bound }) => ({ name, ...parseBound(bound) }))
    .sort((left, right) => left.from - right.from);
}

/** Reads `FOR VALUES FROM ('2024-02-01 00:00:00+00') TO ('…')`, in whatever time zone the session writes it. */
function parseBound(bound: string): TimeRange {
  const [from, to] = [...bound.matchAll(/'([^']+)'/g)].map(([, text = '']) => Date.parse(isoOf(text)));
  if (from === undefined || to === undefined || Number.isNaN(from) || Number.isNaN(to)) {
    throw new Error(`A partition has a bound that cannot be read: ${bound}`);
  }
  return { from, to };
}

function isoOf(text: string): string {
  const offset = /[+-]\d\d$/.test(text) ? ':00' : '';
  return text.replace(' ', 'T') + offset;
}

/** Names a partition by the table and the hour at which it begins, which no other of the table shares. */
export function partitionName(table: LogTable, range: TimeRange): string {
  return `${table}_${new Date(range.from).toISOString().slice(0, 13).replace(/[-T]/g, '')}`;
}
