import { onDatabase } from '../../support/on-database.js';
import { UNCHANGED } from '../fleet/numbered-message.js';

/** Consecutive messages of a node. */
export interface StoredRange {
  node: number;
  audit: boolean;
  first: number;
  last: number;
}

export interface NodeMessage {
  node: number;
  number: number;
}

/** What the database holds of the messages of numbered nodes. */
export interface Stored {
  ranges: StoredRange[];
  rejected: (NodeMessage & { reason: string })[];
  /** Those that are stored more than once. */
  twice: NodeMessage[];
  /** Those whose checksum does not match what is stored. */
  changed: NodeMessage[];
}

/** Reads all of it. Messages that are stored are put together to ranges there, since there may be millions. */
export async function readStored(url: string): Promise<Stored> {
  return await onDatabase(url, async (client) => {
    await client.query("SET work_mem = '64MB'");
    await client.query(
      `CREATE TEMP TABLE found AS
       SELECT (logs->>'node')::int AS node, (logs->>'number')::int AS number, audit, coalesce(${UNCHANGED}, false) AS unchanged
         FROM tetcore_logs WHERE logs ? 'node'`,
    );
    const ranges = await client.query<StoredRange>(
      `SELECT node, audit, min(number) AS first, max(number) AS last
         FROM (SELECT node, audit, number, number - dense_rank() OVER (PARTITION BY node, audit ORDER BY number) AS island
                 FROM found) AS numbered
        GROUP BY node, audit, island ORDER BY node, first`,
    );
    const twice = await client.query<NodeMessage>(
      'SELECT node, number FROM found GROUP BY node, number HAVING count(*) > 1 ORDER BY 1, 2',
    );
    const changed = await client.query<NodeMessage>('SELECT node, number FROM found WHERE NOT unchanged');
    const rejected = await client.query<{ reason: string; head: Buffer }>(
      'SELECT reason, head FROM rejected_messages ORDER BY id',
    );
    return {
      ranges: ranges.rows,
      twice: twice.rows,
      changed: changed.rows,
      rejected: rejected.rows.flatMap(({ reason, head }) =>
        numbersIn(head).map((message) => ({ ...message, reason })),
      ),
    };
  });
}

/** The messages of numbered nodes that are in a text. */
export function numbersIn(text: Buffer): NodeMessage[] {
  const found = text.toString('latin1').matchAll(/"node":(\d+),"number":(\d+)[,}]/g);
  return [...found].map(([, node, number]) => ({ node: Number(node), number: Number(number) }));
}
