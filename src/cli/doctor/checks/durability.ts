import type { Check, Database } from '../check.js';
import { ok, warning } from '../finding.js';

/** What of a commit is on the disk of the database when it is answered. */
const EXPECTED = ['fsync', 'full_page_writes', 'synchronous_commit'];

/** Whether the database keeps through a crash what it has committed. */
export const durability: Check<Database> = {
  name: 'durability',
  look: async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM pg_settings WHERE name = ANY($1) AND setting = 'off' ORDER BY name`,
      [EXPECTED],
    );
    if (rows.length === 0) return ok('The database writes what it commits to its disk.');
    return rows.map(({ name }) =>
      warning(
        `The database has ${name} off: what was stored may be gone when it, or its machine, crashes.`,
        `Set ${name} to on, in postgresql.conf or where ALTER SYSTEM, DATABASE or ROLE has set it.`,
      ),
    );
  },
};
