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
    if (rows.length === 0) return ok('The database flushes commits to disk.');
    return rows.map(({ name }) =>
      warning(
        `${name} is off: committed data can be lost if the database or its machine crashes.`,
        `Set ${name} to on in postgresql.conf, or where ALTER SYSTEM, ALTER DATABASE or ALTER ROLE has set it.`,
      ),
    );
  },
};
