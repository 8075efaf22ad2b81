import type { ClientBase } from 'pg';

/** The coordinator of a Citus cluster did not do what a worker asked of it. */
export class CoordinatorRefusalError extends Error {
  override readonly name = 'CoordinatorRefusalError';

  constructor(answer: string) {
    super(`The Citus coordinator rejected a statement: ${answer}`);
  }
}

/**
 * Runs statements that define objects. A worker of a Citus cluster may not do so itself and has its
 * coordinator do it, outside of the transaction that is open here; everywhere else they run as they are.
 *
 * @throws CoordinatorRefusalError
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
    if (rows[0]?.success !== true) throw new CoordinatorRefusalError(rows[0]?.result ?? 'no answer');
  }
}

async function isCitusWorker(client: ClientBase): Promise<boolean> {
  const { rows } = await client.query<{ citus: boolean }>(
    "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus') AS citus",
  );
  if (rows[0]?.citus !== true) return false;
  const answer = await client.query<{ coordinator: boolean }>('SELECT citus_is_coordinator() AS coordinator');
  return answer.rows[0]?.coordinator !== true;
}
