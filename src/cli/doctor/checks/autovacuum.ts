import type { Check, Database } from '../check.js';
import { ok, warning } from '../finding.js';

/** Whether the database cleans up after updates, and knows how large its tables are. */
export const autovacuum: Check<Database> = {
  name: 'autovacuum',
  look: async ({ client }) => {
    const { rows } = await client.query<{ name: string }>(
      `SELECT name FROM pg_settings WHERE name IN ('autovacuum', 'track_counts') AND setting = 'off' ORDER BY name`,
    );
    if (rows.length === 0) return ok('Autovacuum is on.');
    return rows.map(({ name }) =>
      warning(
        `${name} is off: tables grow, and queries become slow.`,
        `Set ${name} to on in postgresql.conf.`,
      ),
    );
  },
};
