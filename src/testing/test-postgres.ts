import { rm } from 'node:fs/promises';
import { EmbeddedPostgresServer } from '../embedded-postgres/index.js';
import { migrateDatabase } from '../storage/index.js';
import { databaseNamed } from './on-database.js';
import { tempDir } from './temp-dir.js';
import { dropDatabase } from './test-database.js';

const quiet = { log: () => undefined, warn: console.warn, error: console.error };

/** One PostgreSQL for a whole run of tests, whose databases are copies of a migrated template. `await using` stops it. */
export class TestPostgres implements AsyncDisposable {
  private constructor(
    /** A migrated, empty database, for {@link TestDatabase.copyOf}. */
    readonly templateUrl: string,
    private readonly end: () => Promise<void>,
  ) {}

  /**
   * Starts the PostgreSQL that the server brings, in a temporary directory.
   *
   * @param url a PostgreSQL that is used instead; the user must be able to create databases
   */
  static async start(url?: string): Promise<TestPostgres> {
    const dataDir = await tempDir('test');
    const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
    let embedded: EmbeddedPostgresServer | undefined;
    try {
      if (url === undefined) embedded = await EmbeddedPostgresServer.start({ dataDir, logger: quiet });
      const templateUrl = databaseNamed(url ?? embedded?.url ?? '', `tetcore_test_${process.pid.toString()}`);
      await migrateDatabase(templateUrl);
      return new TestPostgres(templateUrl, async () => {
        await dropDatabase(templateUrl);
        await embedded?.stop();
        await remove();
      });
    } catch (error) {
      await embedded?.stop();
      await remove();
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
  }
}
