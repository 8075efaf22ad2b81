import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { EmbeddedPostgresServer } from '../../src/embedded-postgres/index.js';
import { migrateDatabase } from '../../src/storage/index.js';
import { dropDatabase } from './databases.js';
import { databaseNamed } from './on-database.js';
import { tempDir } from './temp-dir.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of a migrated database that tests copy, on a server of real PostgreSQL. */
    templateUrl: string;
  }
}

const quiet = { log: () => undefined, warn: console.warn, error: console.error };

/** One PostgreSQL for all tests: that of `DATABASE_URL`, or the embedded one in a folder of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.DATABASE_URL;
  delete process.env.DATABASE_URL;
  const dataDir = await tempDir('test');
  const embedded =
    given === undefined ? await EmbeddedPostgresServer.start({ dataDir, logger: quiet }) : undefined;
  const templateUrl = databaseNamed(given ?? embedded?.url ?? '', `tetcore_test_${process.pid.toString()}`);
  await migrateDatabase(templateUrl);
  project.provide('templateUrl', templateUrl);
  return async () => {
    await dropDatabase(templateUrl);
    await embedded?.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
}
