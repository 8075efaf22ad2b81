import type { ClientBase } from 'pg';
import type { EndReason } from '../../schema/index.js';

/** Connections that are ended at once. */
export const LOST_AT_ONCE = 2_000;
const LOST: EndReason = 'collector_lost';

/**
 * Ends what processes that are gone left open, with the last message of each connection: up to {@link LOST_AT_ONCE} of
 * them.
 *
 * @param collectors the numbers of the processes
 * @returns how many were ended
 */
export async function endLostConnections(client: ClientBase, collectors: readonly number[]): Promise<number> {
  const { rowCount } = await client.query(
    // Its last news may be lost: rows of types that it does not name may be stored.
    `UPDATE peer_connections SET ended_at = last_message_at, end_reason = '${LOST}', types = NULL
      WHERE ended_at IS NULL AND id IN
        (SELECT id FROM peer_connections WHERE collector = ANY($1) AND ended_at IS NULL
          LIMIT ${LOST_AT_ONCE.toString()})`,
    [collectors],
  );
  return rowCount ?? 0;
}
