import type { TestProject } from 'vitest/node';
import { TestPostgres } from '../../src/testing/test-postgres.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The URL of a migrated database that tests copy, on a server of real PostgreSQL. */
    templateUrl: string;
  }
}

/** One PostgreSQL for all tests: that of `DATABASE_URL`, or the embedded one in a folder of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.DATABASE_URL;
  delete process.env.DATABASE_URL;
  const postgres = await TestPostgres.start(given);
  project.provide('templateUrl', postgres.templateUrl);
  return async () => await postgres[Symbol.asyncDispose]();
}
