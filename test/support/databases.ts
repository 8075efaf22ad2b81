import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { TestDatabase as AnyTestDatabase } from '../../src/testing/test-database.js';
import { databaseNamed } from './on-database.js';

export { dropDatabase } from '../../src/testing/test-database.js';

/** A database on the PostgreSQL of the test run. */
export class TestDatabase extends AnyTestDatabase {
  /** Creates a migrated, empty database. */
  static async create(): Promise<TestDatabase> {
    return await AnyTestDatabase.copyOf(inject('templateUrl'));
  }

  /** The URL of a database that does not exist. */
  static missing(): TestDatabase {
    return new TestDatabase(
      databaseNamed(inject('templateUrl'), `tetcore_${randomBytes(6).toString('hex')}`),
    );
  }
}
