import type { ClientBase } from 'pg';
import { COLLECTOR_DEAD_AFTER_MS, sqlInterval } from '../../storage/index.js';

export interface SeenServer {
  host: string;
  version: string;
}

/** Processes that have told the database that they live, within the time after which they are taken for dead. */
export async function serversSeen(client: ClientBase): Promise<SeenServer[]> {
  const { rows } = await client.query<SeenServer>(
    `SELECT host, version FROM collectors
      WHERE stopped_at IS NULL AND last_seen_at > now() - ${sqlInterval(COLLECTOR_DEAD_AFTER_MS)} ORDER BY started_at`,
  );
  return rows;
}
