import pg from 'pg';
import type { Check, Database } from '../check.js';
import { ok, warning } from '../finding.js';
import { isLoopback } from '../is-loopback.js';

/** Whether messages and password go over a network in the open. */
export const encryption: Check<Database> = {
  name: 'encryption',
  look: async ({ client, url }) => {
    const { host } = new pg.Client({ connectionString: url });
    if (host.startsWith('/') || isLoopback(host)) return ok('The database is on this machine.');
    const { rows } = await client.query<{ ssl: boolean }>(
      'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    );
    if (rows[0]?.ssl === true) return ok(`The connection to ${host} is encrypted.`);
    return warning(
      `The connection to ${host} is not encrypted.`,
      'Add ?sslmode=verify-full to DATABASE_URL, unless the network is private.',
    );
  },
};
