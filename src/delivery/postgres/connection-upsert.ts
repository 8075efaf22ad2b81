import { CONNECTION_COLUMNS, type ConnectionColumn, type ConnectionSnapshot } from '../../storage/index.js';
import type { Step } from './pipeline.js';

const read = ({ column, type }: ConnectionColumn): string => {
  if (type === 'time') return `to_timestamp(${column} / 1000.0)`;
  return type === 'jsonb' ? `${column}::jsonb` : column;
};
const record = CONNECTION_COLUMNS.map(({ column, type }) => {
  if (type === 'time') return `${column} double precision`;
  return `${column} ${type === 'jsonb' ? 'text' : type}`;
});
const columns = CONNECTION_COLUMNS.map(({ column }) => column);

/**
 * Writes snapshots over older ones. In the order of their ids, so that two batches with news of the same
 * connections wait for each other rather than deadlock.
 */
const UPSERT = `
  INSERT INTO peer_connections (collector, ${columns.join(', ')})
  SELECT $2::integer, ${CONNECTION_COLUMNS.map(read).join(', ')}
    FROM json_to_recordset($1::json) AS news (${record.join(', ')})
   ORDER BY id
  ON CONFLICT (id, collector) DO UPDATE SET ${columns
    .filter((column) => column !== 'id')
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}
   WHERE peer_connections.revision < excluded.revision`;

/** @param collector the number of the one that they belong to */
export function upsertConnections(snapshots: readonly ConnectionSnapshot[], collector: number): Step {
  return { sql: UPSERT, values: [JSON.stringify(snapshots.map(rowOf)), collector.toString()] };
}

function rowOf(snapshot: ConnectionSnapshot): Record<string, unknown> {
  // Where no message was taken in there are no bounds, and Infinity would become null.
  const bounded = Number.isFinite(snapshot.oldestCreatedAt)
    ? snapshot
    : {
        ...snapshot,
        oldestCreatedAt: snapshot.firstMessageAt,
        newestCreatedAt: snapshot.firstMessageAt,
      };
  return Object.fromEntries(CONNECTION_COLUMNS.map(({ column, key }) => [column, bounded[key]]));
}
