import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { databaseNamed, onDatabase } from './on-database.js';

/** A database for one test: `await using` drops it at the end. */
export class TestDatabase implements AsyncDisposable {
  protected constructor(readonly url: string) {}

  /**
   * Copies a database, which takes some tens of milliseconds.
   *
   * @param templateUrl that of a {@link TestPostgres}: migrated and empty
   */
  static async copyOf(templateUrl: string): Promise<TestDatabase> {
    const database = new TestDatabase(
      databaseNamed(templateUrl, `tetcore_${randomBytes(6).toString('hex')}`),
    );
    await onDatabase(databaseNamed(templateUrl, 'postgres'), (client) =>
      client.query(`CREATE DATABASE ${nameOf(database.url)} TEMPLATE ${nameOf(templateUrl)}`),
    );
    return database;
  }

  async query<Row extends pg.QueryResultRow>(sql: string, parameters: unknown[] = []): Promise<Row[]> {
    return await onDatabase(this.url, async (client) => (await client.query<Row>(sql, parameters)).rows);
  }

  /**
   * Removes messages and connections. Locks the tables in the order of queries, which may still run for an open page:
   * another order would be a deadlock.
   */
  async clear(): Promise<void> {
    await this.query('TRUNCATE peer_connections, logs_expiring, logs_audit');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await dropDatabase(this.url);
  }
}

export async function dropDatabase(url: string): Promise<void> {
  await onDatabase(databaseNamed(url, 'postgres'), (client) =>
    client.query(`DROP DATABASE IF EXISTS ${nameOf(url)} WITH (FORCE)`),
  );
}

function nameOf(url: string): string {
  return pg.escapeIdentifier(new URL(url).pathname.slice(1));
}
