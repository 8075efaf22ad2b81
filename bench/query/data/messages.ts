import type { ClientBase } from 'pg';
import { insertMessages } from '../../support/tables.js';
import { CONNECTIONS, DAY_MS, DAYS, SEED } from './cast.js';
import { kinds } from './kinds.js';
import { SCRATCH } from './scratch.js';

const TABLES = [
  { table: 'logs_expiring', audit: false },
  { table: 'logs_audit', audit: true },
];
/** The kind of messages with the rare target comes after the hundred others. */
const RARE_SLOT = 100;
const days = DAYS.toString();

/** Writes the kinds of messages to the scratch schema: in as many of a hundred slots as there are of them. */
export async function fillKinds(client: ClientBase): Promise<void> {
  await client.query(
    `CREATE TABLE ${SCRATCH}.kinds (slot int, msg text, a text, b text, c text, d text, base bigint, per_second float8, span bigint)`,
  );
  const slots = kinds.flatMap((kind) => Array.from({ length: kind.share }, () => kind));
  const rare = kinds.filter(({ share }) => share === 0);
  for (const [slot, { msg, parts, base, perSecond, span }] of [...slots, ...rare].entries()) {
    await client.query(`INSERT INTO ${SCRATCH}.kinds VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, [
      slot,
      msg,
      ...parts,
      base,
      perSecond,
      span,
    ]);
  }
  await client.query(`ANALYZE ${SCRATCH}.kinds`);
}

/** Writes the messages of a day in the order of their times, as they would have come in. */
export async function fillDay(client: ClientBase, start: Date, day: number): Promise<void> {
  const from = new Date(start.getTime() + day * DAY_MS);
  const to = new Date(from.getTime() + DAY_MS);
  for (const { table, audit } of TABLES) {
    await client.query(daySql(table), [from, start, day, audit]);
    await client.query(connectedSql(table), [from, to, audit]);
  }
}

/** Messages of a peer are spread evenly over its day, and hashed to a kind and to their numbers. */
function daySql(table: string): string {
  return insertMessages(
    table,
    {
      at: 'at',
      connection: `connections[least(${CONNECTIONS.toString()}, greatest(1, floor(extract(epoch FROM at - begins) / 86400)::int + 2))]`,
      msg: 'msg',
      logs: `(a || to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') || b
             || coalesce(base + (per_second * extract(epoch FROM at - $2::timestamptz)::float8)::bigint + (hash >> 24) % span || c, '')
             || coalesce((hash | (1::bigint << 60)) || d, ''))::jsonb`,
    },
    `FROM (SELECT connections, begins, hash,
                   $1::timestamptz + interval '1 day' * ((i - low + (hash & 1023) / 1024.0::float8) / (high - low)) AS at,
                   CASE WHEN rare_every > 0 AND i % rare_every = 3 THEN ${RARE_SLOT.toString()} ELSE (hash >> 10) % ${RARE_SLOT.toString()} END AS slot
              FROM ${SCRATCH}.peers
              CROSS JOIN LATERAL (SELECT rows * $3::int / ${days} AS low, rows * ($3::int + 1) / ${days} AS high) AS part
              CROSS JOIN LATERAL generate_series(low, high - 1) AS i
              CROSS JOIN LATERAL (SELECT hashint8extended((n::bigint << 32) + i, ${SEED.toString()}) & ~(1::bigint << 63) AS hash OFFSET 0) AS drawn
             WHERE audit = $4
             ORDER BY at) AS plan
      JOIN ${SCRATCH}.kinds USING (slot)`,
  );
}

/** What nodes say first on a new connection. */
function connectedSql(table: string): string {
  return insertMessages(
    table,
    {
      at: 'created_at',
      connection: 'id',
      msg: "'system.connected'",
      logs: `jsonb_build_object('msg', 'system.connected', 'level', 'INFO', 'ts', created_at, 'name', name, 'chain', chain,
             'implementation', implementation, 'version', version, 'config', '', 'authority', authority,
             'network_id', peer_id, 'startup_time', startup_time::text)`,
    },
    `FROM peer_connections
     WHERE created_at >= $1 AND created_at < $2 AND audit = $3
     ORDER BY created_at`,
  );
}
