import type { ClientBase } from 'pg';
import type { LogTable } from '../schema/index.js';
import type { TimeRange } from './partition-width.js';

export interface Partition extends TimeRange {
  /** For use in SQL: quoted, and with its schema if necessary. */
  name: string;
}

/**
 * Reads the partitions of a table from the catalogue of PostgreSQL, oldest first. An open bound is infinite; a default
 * partition is skipped.
 *
 * @param client a session with times in ISO format, in any time zone
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
      // A partition that is being dropped has no bound.
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

/** The name of a partition: the table, and the hour of its lower bound. */
export function partitionName(table: LogTable, range: TimeRange): string {
  return `${table}_${new Date(range.from).toISOString().slice(0, 13).replace(/[-T]/g, '')}`;
}

/**
 * Drops a partition.
 *
 * @param lockTimeoutMs fails with SQLSTATE 55P03 after it. Other sessions wait behind the lock request meanwhile.
 */
export async function dropPartition(
  client: ClientBase,
  partition: Partition,
  lockTimeoutMs: number,
): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query("SELECT set_config('lock_timeout', $1, true)", [`${lockTimeoutMs.toString()}ms`]);
    await onCoordinator(client, [`DROP TABLE IF EXISTS ${partition.name}`]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
}

/** The coordinator of a Citus cluster rejected a statement of a worker. */
export class CoordinatorError extends Error {
  override readonly name = 'CoordinatorError';

  constructor(result: string) {
    super(`The Citus coordinator rejected a statement: ${result}`);
  }
}

/**
 * Runs DDL statements. On a worker of a Citus cluster they run on the coordinator, outside of the open transaction.
 *
 * @throws CoordinatorError
 */
export async function onCoordinator(client: ClientBase, statements: readonly string[]): Promise<void> {
  if (!(await isCitusWorker(client))) {
    for (const statement of statements) await client.query(statement);
    return;
  }
  for (const statement of statements) {
    const { rows } = await client.query<{ success: boolean; result: string }>(
      'SELECT success, result FROM run_command_on_coordinator($1)',
      [statement],
    );
    if (rows[0]?.success !== true) throw new CoordinatorError(rows[0]?.result ?? 'no result');
  }
}

async function isCitusWorker(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ citus: boolean }>(
    "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') AS citus",
  );
  if (rows[0]?.citus !== true) return false;
  const found = await client.query<{ coordinator: boolean }>('SELECT citus_is_coordinator() AS coordinator');
  return found.rows[0]?.coordinator !== true;
}
