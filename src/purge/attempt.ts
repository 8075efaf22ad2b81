import type { ClientBase } from 'pg';
import type { PurgeReport } from './purge-report.js';

/**
 * Does a part of a purge. Where it fails, that is noted, and the other parts go on.
 *
 * @throws the failure, where the database does not answer any more
 */
export async function attempt(
  client: ClientBase,
  report: PurgeReport,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(await answers(client))) throw error;
    report.failed(error);
  }
}

async function answers(client: ClientBase): Promise<boolean> {
  try {
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  }
}
