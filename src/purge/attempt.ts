import type { ClientBase } from 'pg';
import type { PurgeFailure } from './purge-report.js';

/**
 * Does a part of a purge. Where it fails, that is noted, and the other parts go on.
 *
 * @returns whether it was done
 * @throws the failure, where the database does not answer any more
 */
export async function attempt(
  client: ClientBase,
  part: string,
  failures: PurgeFailure[],
  work: () => Promise<void>,
): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (!(await answers(client))) throw error;
    failures.push({ part, error });
    return false;
  }
}

/** Ends a transaction that the failure has left open, too. */
async function answers(client: ClientBase): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}
