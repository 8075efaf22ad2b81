import type { Client, ClientBase } from 'pg';
import type { DataSource } from 'typeorm';

/**
 * Runs work in a transaction (read committed) on a connection of the data source's pool.
 *
 * @throws errors of the work and of the database; then nothing was changed
 */
export async function inTransaction<T>(
  dataSource: DataSource,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  await using runner = dataSource.createQueryRunner();
  const client = (await runner.connect()) as Client;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A transaction that may be open must not go back to the pool.
    await client.end().catch(() => undefined);
    throw error;
  }
}
