import type { ClientBase } from 'pg';
import type { LogTable } from '../partitions/partition-catalogue.js';
import { copyRows } from './copy-rows.js';
import { isRefusedData, sqlStateOf } from './sql-state.js';

export interface RefusedRow {
  /** The row's line in COPY's text format. */
  line: Buffer;
  sqlState: string;
}

/**
 * Copies the rows that the database takes and returns the others, within the transaction that is open: halves
 * what fails until single rows are left. Slow only where something is wrong.
 */
export async function copyTolerantly(
  client: ClientBase,
  table: LogTable,
  lines: readonly Buffer[],
): Promise<RefusedRow[]> {
  if (lines.length === 0) return [];
  await client.query('SAVEPOINT rows');
  try {
    await copyRows(client, table, Buffer.concat(lines));
    await client.query('RELEASE SAVEPOINT rows');
    return [];
  } catch (error) {
    if (!isRefusedData(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT rows');
    const [first, ...others] = lines;
    if (first !== undefined && others.length === 0) {
      return [{ line: first, sqlState: sqlStateOf(error) ?? '' }];
    }
  }
  const half = lines.length >> 1;
  return [
    ...(await copyTolerantly(client, table, lines.slice(0, half))),
    ...(await copyTolerantly(client, table, lines.slice(half))),
  ];
}
