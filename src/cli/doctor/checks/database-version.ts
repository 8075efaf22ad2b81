import { checkDatabase, UnsupportedDatabaseError } from '../../../storage/index.js';
import type { Check, Database } from '../check.js';
import { ok, problem } from '../finding.js';

/** Whether PostgreSQL is new enough, holds Unicode, and does not hold the tables of 0.1.4. */
export const databaseVersion: Check<Database> = {
  name: 'PostgreSQL',
  look: async ({ client }) => {
    try {
      return ok(`The database is PostgreSQL ${await checkDatabase(client)}, in UTF-8.`);
    } catch (error) {
      if (!(error instanceof UnsupportedDatabaseError)) throw error;
      return problem(error.message, 'Set DATABASE_URL to a database that meets the requirements.');
    }
  },
};
