import type { ReadTransaction } from '../../storage/index.js';

/** With more peers than this, reading all of them takes longer than looking up those that are reported on. */
const MOST_PEERS = 50_000;

const KNOWN_PEERS = `
  SELECT count(*)::int AS count, array_agg(peer_id)::text AS peers
    FROM (SELECT DISTINCT peer_id FROM peer_connections WHERE peer_id IS NOT NULL
           LIMIT ${(MOST_PEERS + 1).toString()}) AS known`;

/**
 * A condition on the column `key`: a peer with that id has ever connected here.
 *
 * @param place where its parameter comes: `$3`
 */
export async function isKnownPeer(
  transaction: ReadTransaction,
  place: string,
): Promise<{ sql: string; parameters: unknown[] }> {
  const [known] = await transaction.query<{ count: number; peers: string | null }>(KNOWN_PEERS);
  if (known === undefined || known.count > MOST_PEERS) {
    return { sql: 'EXISTS (SELECT FROM peer_connections WHERE peer_id = key)', parameters: [] };
  }
  // The database makes a hash table of an array that is there when it plans, and of no other.
  return { sql: `key = ANY (${place}::text[])`, parameters: [known.peers ?? '{}'] };
}
