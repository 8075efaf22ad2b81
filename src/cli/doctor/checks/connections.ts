import type { ClientBase } from 'pg';
import { READER_CONNECTIONS } from '../../../storage/index.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import { serversSeen } from '../servers-seen.js';

/** Beside writers and readers: to migrate, to watch the database, and to say that the process lives. */
const OTHERS = 5;
/** Of what there is; beyond it little is left for others. */
const MOST = 0.8;

/** Whether the database takes the connections of all servers. */
export const connections: Check<Database> = {
  name: 'connections',
  look: async ({ client, settings, replicas }) => {
    const count = replicas ?? Math.max(1, (await serversSeen(client)).length);
    const perServer = settings.DB_POOL_SIZE + READER_CONNECTIONS + OTHERS;
    return connectionsFinding(count, perServer, await available(client));
  },
};

/**
 * @param perServer connections of one server, at most
 * @param offered connections that the database takes of us
 */
export function connectionsFinding(replicas: number, perServer: number, offered: number): Finding {
  const needed = replicas * perServer;
  const whose = replicas === 1 ? 'one server' : `${replicas} servers`;
  const found = `The database allows ${offered} connections, and ${whose} with this DB_POOL_SIZE may need ${needed}.`;
  if (needed <= offered * MOST) return ok(found);
  const advice = 'Raise max_connections of the database, or lower DB_POOL_SIZE.';
  return needed > offered ? problem(found, advice) : warning(found, advice);
}

/** By the server, the database and the role, whichever takes the fewest. */
async function available(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT least(
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
         - coalesce(current_setting('reserved_connections', true)::int, 0),
       (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database()),
       (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user)) AS count`,
  );
  return rows[0]?.count ?? 0;
}
