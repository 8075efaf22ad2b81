import { withConnection } from '../../connections/sessions.js';
import type { StorageClient } from '../../connections/storage-client.js';
import { hasSqlState, SqlState } from '../../schema/index.js';

const ROUNDS = 4;
const QUERY_TIMEOUT_MS = 5_000;

/** The process that runs a statement. Its number alone can occur on two machines behind one address. */
const PROCESS = `SELECT pid || ' ' || backend_start AS process FROM pg_stat_get_activity(pg_backend_pid())`;

/**
 * Whether a pooler such as PgBouncer distributes transactions or statements over connections, so that a client has no
 * session of its own: two clients then get the same process, or one client gets several. In session mode, and without a
 * pooler, each client keeps its process. Leaves nothing behind.
 */
export async function areSessionsShared(url: string): Promise<boolean> {
  return await withConnection(
    url,
    (first) => withConnection(url, (second) => shareProcesses(first, second), QUERY_TIMEOUT_MS),
    QUERY_TIMEOUT_MS,
  );
}

async function shareProcesses(first: StorageClient, second: StorageClient): Promise<boolean> {
  const own = [await processOf(first), await processOf(second)];
  if (own[0] === own[1]) return true;
  const isOwn = (seen: readonly string[]): boolean => seen[0] === own[0] && seen[1] === own[1];
  for (let round = 0; round < ROUNDS; round += 1) {
    if (!isOwn([await processOf(first), await processOf(second)])) return true;
    if (!isOwn(await Promise.all([processOf(first), processOf(second)]))) return true;
    if (!(await begin(first))) return true;
    const during = [await processOf(first), await processOf(second)];
    await first.query('COMMIT');
    if (!isOwn(during)) return true;
  }
  return false;
}

async function processOf(client: StorageClient): Promise<string> {
  const { rows } = await client.query<{ process: string }>(PROCESS);
  return rows[0]?.process ?? '';
}

/** @returns false if a pooler in statement mode rejects transactions */
async function begin(client: StorageClient): Promise<boolean> {
  try {
    await client.query('BEGIN');
    return true;
  } catch (error) {
    if (hasSqlState(error, SqlState.ProtocolViolation)) return false;
    throw error;
  }
}
