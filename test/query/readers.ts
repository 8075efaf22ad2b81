import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/storage/index.js';
import { TestDatabase } from '../support/databases.js';

/** Readers of a pool, which end with the test. */
export class Readers implements AsyncDisposable {
  private constructor(
    readonly database: TestDatabase,
    readonly dataSource: DataSource,
  ) {}

  static async create(extra: object = {}): Promise<Readers> {
    const database = await TestDatabase.create();
    const options = dataSourceOptions(database.url);
    const given = { ...options, extra: { ...(options.extra as object), ...extra } } as typeof options;
    return new Readers(database, await new DataSource(given).initialize());
  }

  /** What its sessions do. */
  async states(): Promise<string[]> {
    return (await this.sessions()).map(({ state }) => state);
  }

  async pids(): Promise<number[]> {
    return (await this.sessions()).map(({ pid }) => pid);
  }

  private async sessions(): Promise<{ pid: number; state: string }[]> {
    return await this.database.query(
      `SELECT pid, state FROM pg_stat_activity WHERE datname = current_database()
          AND application_name = 'tetcore-analytics reader'`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dataSource.destroy();
    await this.database[Symbol.asyncDispose]();
  }
}
