import type { Client } from 'pg';
import { type ObjectLiteral, QueryFailedError, type Repository } from 'typeorm';
import { isRolledBack, isSessionEnded } from '../../storage/index.js';

/**
 * Writes in a transaction. One that the database takes back is done once more: it has done nothing.
 *
 * @throws what the database does
 */
export async function writeRows<Entity extends ObjectLiteral, T>(
  repository: Repository<Entity>,
  work: (rows: Repository<Entity>) => Promise<T>,
): Promise<T> {
  try {
    return await writeOnce(repository, work);
  } catch (error) {
    if (isRolledBack(error)) return await writeOnce(repository, work);
    throw error;
  }
}

async function writeOnce<Entity extends ObjectLiteral, T>(
  repository: Repository<Entity>,
  work: (rows: Repository<Entity>) => Promise<T>,
): Promise<T> {
  await using runner = repository.manager.dataSource.createQueryRunner();
  const client = (await runner.connect()) as Client;
  try {
    await runner.startTransaction();
    const result = await work(runner.manager.withRepository(repository));
    await runner.commitTransaction();
    return result;
  } catch (error) {
    const cause: unknown = error instanceof QueryFailedError ? error.driverError : error;
    if (isSessionEnded(cause)) await client.end();
    else await runner.rollbackTransaction();
    throw cause;
  }
}
