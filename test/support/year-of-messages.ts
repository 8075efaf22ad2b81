import { type LogTable, OTHER_TYPE, typeNumber } from '../../src/storage/index.js';
import { partitionName } from '../../src/storage/partitions/partition-catalogue.js';
import type { TestDatabase } from './databases.js';
import { onDatabase } from './on-database.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const DAYS = 365;
/** The server has no partition to make for messages of the next days. */
const DAYS_AHEAD = 4;
/** The days of a partition of audits. */
const AUDIT_DAYS = 30;
const COLLECTOR = 1;
const OTHER_NODES = 40;

/** Messages do not expire, and nothing is removed meanwhile. */
export const YEAR_SETTINGS = { LOG_EXPIRY_H: (2 * DAYS * 24).toString(), PURGE_INTERVAL_S: '86400' };

/** Of both measured nodes. */
export const YEAR_CHAIN = { genesisHash: `0x${'ab'.repeat(32)}`, name: 'Yearly' };
/** Three short connections that are months apart, the last of them open, and one to `/audit`. */
export const SHORT = 'QmShort';
/** One connection, open for a year. */
export const LONG = 'QmLong';
/** The peer that both report on. */
export const REPORTED = 'QmReported';

/** Ages in days. */
interface Connection {
  peer: string;
  begins: number;
  /** Undefined for one that is open. */
  ends?: number;
  audit?: boolean;
}

const MEASURED: readonly Connection[] = [
  { peer: SHORT, begins: 360, ends: 358 },
  { peer: SHORT, begins: 185, ends: 183 },
  { peer: SHORT, begins: 100, ends: 98, audit: true },
  { peer: SHORT, begins: 2.5 },
  { peer: LONG, begins: DAYS - 0.5 },
];
/** They make the partitions larger than an index page, so that the planner has a reason to use indexes. */
const OTHERS: readonly Connection[] = [false, true].flatMap((audit) =>
  Array.from({ length: OTHER_NODES }, (_, index) => ({
    peer: `QmOther${index.toString()}`,
    begins: DAYS - 0.5,
    ends: 0.01,
    audit,
  })),
);

/** What a measured node sends each day, at intervals of five minutes. */
const DAILY = [
  {
    msg: 'system.network_state',
    state: { peerset: { nodes: { [REPORTED]: { reputation: -7, connected: true } } } },
  },
  { msg: 'system.interval', peers: 7, height: 22, best: '0x22' },
  { msg: 'block.import', height: 22, best: '0x22', origin: 'Own' },
  { msg: 'tracing.profiling', target: 'pallet', name: 'run', time: 1_000 },
  { msg: 'team.custom', n: 1 },
];
/** What others send each day. */
const OTHER_MESSAGE = { msg: 'txpool.import', ready: 1, future: 2, filler: 'f'.repeat(200) };
const OTHERS_DAILY = 10;

/**
 * Fills a database with a year of messages in daily partitions, the newest ten minutes old: a few rows of the measured
 * nodes, and some of other nodes. Nothing but this changes the statistics of these tables.
 *
 * @returns the time of the newest messages: milliseconds since the epoch
 */
export async function fillYear({ url }: TestDatabase): Promise<number> {
  const newest = Date.now() - HOUR_MS / 6;
  await onDatabase(url, async (client) => {
    const partitions = partitionsAround(newest);
    for (const { name, table, from, to } of partitions) {
      await client.query(
        `CREATE TABLE ${name} PARTITION OF ${table}
           FOR VALUES FROM ('${new Date(from).toISOString()}') TO ('${new Date(to).toISOString()}')
           WITH (autovacuum_enabled = off)`,
      );
    }
    await client.query(INSERT_COLLECTOR);
    await client.query(INSERT_CHAIN, [YEAR_CHAIN.genesisHash, YEAR_CHAIN.name]);
    await client.query(INSERT_NODES, [[SHORT, LONG]]);
    const connections = [...MEASURED, ...OTHERS].map((connection, index) => ({
      id: COLLECTOR * 2 ** 32 + index + 1,
      began: new Date(newest - connection.begins * DAY_MS),
      spoke: new Date(newest - (connection.ends ?? 0) * DAY_MS),
      isMeasured: index < MEASURED.length,
      ...connection,
    }));
    await client.query(INSERT_CONNECTIONS, [
      JSON.stringify(connections),
      YEAR_CHAIN.genesisHash,
      YEAR_CHAIN.name,
      typesOf(DAILY),
      typesOf([OTHER_MESSAGE]),
    ]);
    for (const table of ['logs_expiring', 'logs_audit'] as const) {
      const values = [
        new Date(newest),
        JSON.stringify(DAILY),
        JSON.stringify(OTHER_MESSAGE),
        table === 'logs_audit',
      ];
      await client.query(insertMessages(table), values);
    }
    await client.query('ANALYZE peer_connections');
    // Those that were never filled are as the server makes them.
    const filled = partitions.filter(({ isEmpty }) => !isEmpty).map(({ name }) => name);
    await client.query(`VACUUM (ANALYZE) ${filled.join(', ')}`);
  });
  return newest;
}

interface YearPartition {
  name: string;
  table: LogTable;
  /** Milliseconds since the epoch, half-open. */
  from: number;
  to: number;
  isEmpty: boolean;
}

/**
 * Days, and thirty of them for audits. They end some hours after the newest message, and not at midnight: otherwise the
 * plans of the newest one would depend on the time of day.
 */
function partitionsAround(newest: number): YearPartition[] {
  const end = Math.ceil(newest / HOUR_MS + 2) * HOUR_MS;
  const found: YearPartition[] = [];
  const add = (table: LogTable, from: number, to: number): void =>
    void found.push({ name: partitionName(table, { from, to }), table, from, to, isEmpty: from >= newest });
  for (let day = -DAYS_AHEAD; day < DAYS; day += 1)
    add('logs_expiring', end - (day + 1) * DAY_MS, end - day * DAY_MS);
  for (let day = -AUDIT_DAYS; day < DAYS; day += AUDIT_DAYS)
    add('logs_audit', end - (day + AUDIT_DAYS) * DAY_MS, end - day * DAY_MS);
  return found;
}

function typesOf(messages: readonly { msg: string }[]): number[] {
  return messages.map(({ msg }) => typeNumber(msg));
}

/** It counts as alive, or its connections would be ended. */
const INSERT_COLLECTOR = `
  INSERT INTO collectors (number, id, host, version, started_at, last_seen_at)
  VALUES (${COLLECTOR.toString()}, gen_random_uuid(), 'year', '0', now() - interval '1 year', now() + interval '1 day')`;

const INSERT_CHAIN = `
  INSERT INTO chains (key, name, names, first_seen_at, last_seen_at)
  VALUES ($1, $2::text, ARRAY[$2::text], now() - interval '1 year', now())`;

const INSERT_NODES = `
  INSERT INTO nodes (chain_id, peer_id, name, first_seen_at, last_seen_at, heard, last_collector)
  SELECT chains.id, peer, peer, first_seen_at, last_seen_at, interval '1 day', ${COLLECTOR.toString()}
    FROM chains CROSS JOIN unnest($1::text[]) AS peer`;

/** $1 has the connections as JSON, $2 and $3 the chain, $4 and $5 the types of messages. */
const INSERT_CONNECTIONS = `
  INSERT INTO peer_connections (id, collector, ip_addr, created_at, audit, peer_id, name, chain, genesis_hash, version,
    authority, startup_time, path, socket_id, revision, first_message_at, last_message_at, oldest_created_at,
    newest_created_at, types, ended_at, end_reason)
  SELECT id, ${COLLECTOR.toString()}, '192.0.2.1', began, coalesce(audit, false), peer, peer,
         CASE WHEN "isMeasured" THEN $3 ELSE 'Other' END, CASE WHEN "isMeasured" THEN $2 END, '1.0.0', "isMeasured", 0,
         CASE WHEN audit THEN '/audit' ELSE '/' END, gen_random_uuid(), 1, began, spoke, began, spoke,
         CASE WHEN "isMeasured" THEN $4::smallint[] ELSE $5::smallint[] END,
         CASE WHEN ends IS NOT NULL THEN spoke END, CASE WHEN ends IS NOT NULL THEN 'closed' END
    FROM jsonb_to_recordset($1::jsonb) AS connection (id bigint, began timestamptz, spoke timestamptz, peer text,
           ends float8, audit boolean, "isMeasured" boolean)`;

/**
 * In the order of partitions, connections and times. $1 is the time of the newest messages, $2 and $3 the messages of measured
 * and of other nodes, $4 whether the table is that of audits.
 */
const insertMessages = (table: LogTable): string => `
  INSERT INTO ${table} (created_at, received_at, stored_at, collector, peer_connection_id, type, logs)
  SELECT at, at, at, ${COLLECTOR.toString()}, id,
         coalesce((SELECT message_types.id FROM message_types WHERE name = logs->>'msg'), ${OTHER_TYPE.toString()}), logs
    FROM peer_connections
   CROSS JOIN generate_series(0, ${(DAYS - 1).toString()}) AS day
   CROSS JOIN LATERAL
         (SELECT place, message FROM jsonb_array_elements($2::jsonb) WITH ORDINALITY AS daily (message, place)
           WHERE genesis_hash IS NOT NULL
          UNION ALL
          SELECT place, $3::jsonb FROM generate_series(1, ${OTHERS_DAILY.toString()}) AS place
           WHERE genesis_hash IS NULL) AS message (place, logs)
   CROSS JOIN LATERAL
         (SELECT $1::timestamptz - make_interval(days => day, mins => 5 * (place::integer - 1)) AS at) AS moment
   WHERE audit = $4 AND at BETWEEN oldest_created_at AND newest_created_at
   ORDER BY day DESC, id, at`;
