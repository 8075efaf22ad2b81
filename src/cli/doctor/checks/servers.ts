import type { Check, Database } from '../check.js';
import { ok, warning } from '../finding.js';
import { serversSeen } from '../servers-seen.js';

/** Which servers store to the database. */
export const servers: Check<Database> = {
  name: 'servers',
  look: async ({ client }) => {
    const seen = await serversSeen(client);
    if (seen.length === 0) return ok('No server has sent a heartbeat to the database within the last minute.');
    const versions = new Set(seen.map(({ version }) => version));
    const list = seen.map(({ host, version }) => `${host} (${version})`).join(', ');
    if (versions.size === 1) return ok(`Servers with a heartbeat within the last minute: ${list}.`);
    return warning(
      `Servers of different versions use the database: ${list}.`,
      'Upgrade all of them to the same version: docs/operations.md#upgrading.',
    );
  },
};
