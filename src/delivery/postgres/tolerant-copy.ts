import type { ClientBase } from 'pg';
import type { LogTable } from '../../storage/index.js';
import { copyRows } from './copy-rows.js';
import { runPipeline } from './pipeline.js';
import { isRefusedData, sqlStateOf } from '../../storage/index.js';

export interface RefusedRow {
  /** See `message-tuple.ts` of storage. */
  tuple: Buffer;
  sqlState: string;
}

/** Fewer rows than this are tried one by one. */
const FEW = 8;

/**
 * Copies the rows that the database takes and returns the others, within the transaction that is open: halves
 * what fails until single rows are left. Slow only where something is wrong.
 */
export async function copyTolerantly(
  client: ClientBase,
  table: LogTable,
  tuples: readonly Buffer[],
): Promise<RefusedRow[]> {
  const refused: RefusedRow[] = [];
  const waiting = [tuples];
  await client.query('SAVEPOINT rows');
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    try {
      await runPipeline(client, [copyRows(table, part)]);
      await client.query('RELEASE SAVEPOINT rows; SAVEPOINT rows');
    } catch (error) {
      if (!isRefusedData(error)) throw error;
      await client.query('ROLLBACK TO SAVEPOINT rows');
      const [first, ...others] = part;
      if (first !== undefined && others.length === 0) {
        refused.push({ tuple: first, sqlState: sqlStateOf(error) ?? '' });
      } else {
        // From behind, so that the rows keep their order.
        waiting.push(...split(part).reverse());
      }
    }
  }
  return refused;
}

function split(tuples: readonly Buffer[]): (readonly Buffer[])[] {
  if (tuples.length < FEW) return tuples.map((tuple) => [tuple]);
  const half = tuples.length >> 1;
  return [tuples.slice(0, half), tuples.slice(half)];
}
