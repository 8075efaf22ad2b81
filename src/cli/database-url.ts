import { findEmbeddedPostgres } from '../embedded-postgres/index.js';
import type { Settings } from '../platform/config/index.js';
import { CommandError } from './output.js';

/**
 * The database of `DATABASE_URL`, or that of the server that runs in `DATA_DIR`.
 *
 * @throws CommandError
 */
export async function databaseUrl({ DATABASE_URL, DATA_DIR }: Settings): Promise<string> {
  const url = DATABASE_URL ?? (await findEmbeddedPostgres(DATA_DIR))?.url;
  if (url !== undefined) return url;
  throw new CommandError(
    `Set DATABASE_URL, or start the server: the embedded PostgreSQL in ${DATA_DIR} is not running.`,
  );
}
