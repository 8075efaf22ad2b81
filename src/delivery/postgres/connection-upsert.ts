import type { ConnectionSnapshot } from '../../telemetry/index.js';
import type { Step } from './pipeline.js';

/** The columns of `peer_connections` with their types and where a snapshot has them. */
const COLUMNS: readonly [column: string, type: string, key: keyof ConnectionSnapshot][] = [
  ['id', 'uuid', 'id'],
  ['ip_addr', 'text', 'ipAddr'],
  ['peer_id', 'text', 'peerId'],
  ['created_at', 'time', 'createdAt'],
  ['audit', 'boolean', 'audit'],
  ['name', 'text', 'name'],
  ['chain', 'text', 'chain'],
  ['version', 'text', 'version'],
  ['authority', 'boolean', 'authority'],
  ['startup_time', 'bigint', 'startupTime'],
  ['implementation', 'text', 'implementation'],
  ['config', 'text', 'config'],
  ['genesis_hash', 'text', 'genesisHash'],
  ['target_os', 'text', 'targetOs'],
  ['target_arch', 'text', 'targetArch'],
  ['target_env', 'text', 'targetEnv'],
  ['sysinfo', 'jsonb', 'sysinfo'],
  ['path', 'text', 'path'],
  ['socket_id', 'uuid', 'socketId'],
  ['envelope_id', 'bigint', 'envelopeId'],
  ['collector_id', 'uuid', 'collectorId'],
  ['revision', 'integer', 'revision'],
  ['first_message_at', 'time', 'firstMessageAt'],
  ['last_message_at', 'time', 'lastMessageAt'],
  ['oldest_created_at', 'time', 'oldestCreatedAt'],
  ['newest_created_at', 'time', 'newestCreatedAt'],
  ['ended_at', 'time', 'endedAt'],
  ['end_reason', 'text', 'endReason'],
  ['end_code', 'integer', 'endCode'],
];

const read = ([column, type]: (typeof COLUMNS)[number]): string => {
  if (type === 'time') return `to_timestamp(${column} / 1000.0)`;
  return type === 'jsonb' ? `${column}::jsonb` : column;
};
const record = COLUMNS.map(([column, type]) => {
  if (type === 'time') return `${column} double precision`;
  return `${column} ${type === 'jsonb' ? 'text' : type}`;
});

/**
 * Writes snapshots over older ones. In the order of their ids, so that two batches with news of the same
 * connections wait for each other rather than deadlock.
 */
const UPSERT = `
  INSERT INTO peer_connections (${COLUMNS.map(([column]) => column).join(', ')})
  SELECT ${COLUMNS.map(read).join(', ')}
    FROM json_to_recordset($1::json) AS news (${record.join(', ')})
   ORDER BY id
  ON CONFLICT (id) DO UPDATE SET ${COLUMNS.filter(([column]) => column !== 'id')
    .map(([column]) => `${column} = excluded.${column}`)
    .join(', ')}
   WHERE peer_connections.revision < excluded.revision`;

export function upsertConnections(snapshots: readonly ConnectionSnapshot[]): Step {
  return { sql: UPSERT, values: [JSON.stringify(snapshots.map(rowOf))] };
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
  return Object.fromEntries(COLUMNS.map(([column, , key]) => [column, bounded[key]]));
}
