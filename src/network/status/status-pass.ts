import type { ClientBase } from 'pg';
import { addressGroup } from '../../platform/address/index.js';
import { parseInteger } from '../../platform/json/index.js';
import {
  chainKeySql,
  mayHave,
  microsecondsOf,
  type NamedMessageType,
  sqlInterval,
  typeSql,
} from '../../storage/index.js';
import { type HourClocks, lastHourClocks } from './hour-clocks.js';
import { NodeStatuses, type OpenConnection, type StatusReport, type StoredStatus } from './node-statuses.js';
import type { ConnectedStatus, StatusLimits } from './status.js';

/** A process that has not made a pass for so long is replaced by another one. */
const REPLACED_AFTER_MS = 15_000;
const STATEMENT_LIMIT_MS = 30_000;

/** Messages of a connection per pass: the newest. A node sends three in five seconds. */
const MESSAGES = 6;
/** How far back they are searched: also for connections whose row is half a minute old. */
const SEARCHED = "interval '2 min'";

/** What a process remembers from one pass to the next. */
export interface StatusMemory {
  statuses: NodeStatuses;
  /** By connection. */
  stored: Map<number, StoredStatus>;
  /** When the newest message that was read of each connection was received: microseconds since the epoch. */
  read: Map<number, number>;
  clocks: HourClocks | undefined;
}

export interface StatusPassOptions {
  /** The process that makes the pass. */
  owner: string;
  limits: StatusLimits;
  /** That of the last pass of this process. */
  memory: StatusMemory | undefined;
}

/**
 * Determines the status of every connected node, and stores the changes. The work depends on the number of nodes, and
 * hardly on that of their messages.
 *
 * @param client in a new transaction (read committed), which the caller ends
 * @returns undefined if another process does so
 * @throws errors of the database; then the memory must not be used again
 */
export async function statusPass(
  client: ClientBase,
  { owner, limits, memory }: StatusPassOptions,
): Promise<StatusMemory | undefined> {
  await client.query(
    `SELECT set_config('statement_timeout', $1, true), set_config('enable_seqscan', 'off', true)`,
    [STATEMENT_LIMIT_MS.toString()],
  );
  const turn = await takeTurn(client, owner);
  if (turn === undefined) return undefined;
  const { now, passedAt, isOwn } = turn;
  const current = isOwn && memory !== undefined ? memory : await restore(client, limits, passedAt);
  const connections = await openConnections(client, limits);
  const reports = await newReports(client, current.read);
  const clocks = await lastHourClocks(client, current.clocks);
  const found = current.statuses.pass({
    now,
    connections,
    reports,
    clocks: clocks?.offsets ?? new Map<string, number>(),
  });
  await storeChanges(client, current.stored, found);
  return {
    statuses: current.statuses,
    stored: found,
    read: newestOf(reports, current.read, found),
    clocks,
  };
}

interface Turn {
  isOwn: boolean;
  /** Null before the first pass of any process. */
  passedAt: number | null;
  now: number;
}

/** Makes this process the one that determines statuses, unless another one does. */
async function takeTurn(client: ClientBase, owner: string): Promise<Turn | undefined> {
  await client.query(
    `INSERT INTO node_status_pass (id) SELECT true WHERE NOT EXISTS (SELECT FROM node_status_pass) ON CONFLICT DO NOTHING`,
  );
  const { rows } = await client.query<Turn & { isFree: boolean }>(
    `SELECT coalesce(owner = $1, false) AS "isOwn", ${microsecondsOf('passed_at')} AS "passedAt",
            owner IS NULL OR passed_at < now() - ${sqlInterval(REPLACED_AFTER_MS)} AS "isFree",
            ${microsecondsOf('now()')} AS now
       FROM node_status_pass FOR UPDATE SKIP LOCKED`,
    [owner],
  );
  const [row] = rows;
  if (row === undefined || !(row.isOwn || row.isFree)) return undefined;
  // The end of this pass, since a slow one must not be replaced right after it.
  await client.query('UPDATE node_status_pass SET owner = $1, passed_at = clock_timestamp()', [owner]);
  return row;
}

/** Continues what another process found, or this one before an error. */
async function restore(
  client: ClientBase,
  limits: StatusLimits,
  passedAt: number | null,
): Promise<StatusMemory> {
  const { rows } = await client.query<StoredStatus & { connection: number }>(
    `SELECT connection_id::float8 AS connection, status, ${microsecondsOf('since')} AS since, clock_wrong AS "clockWrong"
       FROM node_statuses`,
  );
  const stored = new Map(
    rows.map(({ connection, status, since, clockWrong }) => [connection, { status, since, clockWrong }]),
  );
  const restored = passedAt === null ? undefined : { passedAt, statuses: stored };
  return { statuses: new NodeStatuses(limits, restored), stored, read: new Map(), clocks: undefined };
}

const CHAIN = `coalesce(${chainKeySql()}, '')`;

/**
 * By the index of open connections. The row of a connection is up to half a minute old, so its newest message is read if
 * the node may be silent.
 */
const CONNECTIONS = `
  SELECT id::float8 AS id, collector, ${CHAIN} AS chain, coalesce(peer_id, '#' || id) AS node, ip_addr AS address,
         rtt_us AS "rttUs", ${microsecondsOf('created_at')} AS "connectedAt",
         ${microsecondsOf(`
           CASE WHEN last_message_at > now() - $1::float8 * interval '1 microsecond' THEN last_message_at
           ELSE greatest(last_message_at, (
             SELECT received_at FROM tetcore_logs AS log
              WHERE log.peer_connection_id = connection.id AND log.collector = connection.collector
                AND log.created_at >= connection.newest_created_at
                AND log.created_at <= connection.newest_created_at + interval '5 min'
              ORDER BY log.created_at DESC LIMIT 1)) END`)} AS "heardAt"
    FROM peer_connections AS connection WHERE ended_at IS NULL`;

async function openConnections(client: ClientBase, { silentUs }: StatusLimits): Promise<OpenConnection[]> {
  const { rows } = await client.query<OpenConnection>(CONNECTIONS, [silentUs]);
  return rows.map((row) => ({ ...row, address: addressGroup(row.address) }));
}

/**
 * The newest messages around a time of a connection, by the index on (`peer_connection_id`, `created_at`, `type`). The
 * bounds leave one or two partitions per connection.
 */
const newest = (
  types: readonly NamedMessageType[],
  limit: number,
  { searched, column = 'newest_created_at' }: { searched: string; column?: string },
): string => `
  (SELECT created_at, received_at, stored_at, type, logs FROM tetcore_logs
    WHERE peer_connection_id = connection.id AND collector = connection.collector
      AND type IN (${types.map(typeSql).join(', ')}) AND (${types.map(mayHave).join(' OR ')})
      AND created_at >= connection.${column} - ${searched}
      AND created_at <= connection.${column} + interval '5 min'
    ORDER BY created_at DESC LIMIT ${limit.toString()})`;

const STATES = ['system.interval', 'block.import'] as const;

/** Messages of a node whose clock was set back are long before its newest `created_at`. */
const NEWEST = `
  ${newest(STATES, MESSAGES, { searched: SEARCHED })}
  UNION ALL
  SELECT * FROM ${newest(STATES, MESSAGES, { searched: SEARCHED, column: 'last_message_at' })} AS back
   WHERE connection.newest_created_at > connection.last_message_at + ${SEARCHED}`;

/** Of `log`, the messages of a connection. */
const REPORT = `
  SELECT connection.id::float8 AS connection, ${microsecondsOf('log.received_at')} AS "receivedAt",
         ${microsecondsOf('log.stored_at')} AS "storedAt", ${microsecondsOf('log.created_at')} AS "createdAt",
         left(log.logs->>'height', 32) AS height, left(log.logs->>'best', 132) AS hash,
         type = ${typeSql('block.import')} AS "isImport"`;

/** The first pass also reads when a node that may be stuck imported its last block. */
const ALL_REPORTS = `
  ${REPORT} FROM peer_connections AS connection
            CROSS JOIN LATERAL (${NEWEST} UNION ALL ${newest(['block.import'], 1, { searched: "interval '1 hour'" })}) AS log
   WHERE connection.ended_at IS NULL`;

/** Not by `stored_at`: a message may become visible long after that. */
const NEW_REPORTS = `
  ${REPORT} FROM peer_connections AS connection
            LEFT JOIN unnest($1::bigint[], $2::float8[]) AS read (id, received_at) ON read.id = connection.id
            CROSS JOIN LATERAL (${NEWEST}) AS log
   WHERE connection.ended_at IS NULL
     AND (read.id IS NULL OR log.received_at >= to_timestamp(read.received_at / 1e6))`;

type ReportRow = Omit<StatusReport, 'height'> & { height: string | null };

/** @param read empty in the first pass */
async function newReports(client: ClientBase, read: ReadonlyMap<number, number>): Promise<StatusReport[]> {
  const { rows } =
    read.size === 0
      ? await client.query<ReportRow>(ALL_REPORTS)
      : await client.query<ReportRow>(NEW_REPORTS, [[...read.keys()], [...read.values()]]);
  return rows.map((row) => ({
    ...row,
    height: parseInteger(row.height),
    hash: row.hash?.toLowerCase() ?? null,
  }));
}

/** @param open the open connections */
function newestOf(
  reports: readonly StatusReport[],
  before: ReadonlyMap<number, number>,
  open: ReadonlyMap<number, unknown>,
): Map<number, number> {
  const read = new Map([...before].filter(([connection]) => open.has(connection)));
  for (const { connection, receivedAt } of reports) {
    if (receivedAt > (read.get(connection) ?? -Infinity)) read.set(connection, receivedAt);
  }
  return read;
}

const STORE = `
  INSERT INTO node_statuses (connection_id, status, since, clock_wrong, changed_at)
  SELECT connection, status, to_timestamp(since / 1e6), wrong, now()
    FROM unnest($1::bigint[], $2::text[], $3::float8[], $4::boolean[]) AS found (connection, status, since, wrong)
  ON CONFLICT (connection_id) DO UPDATE
     SET status = excluded.status, since = excluded.since, clock_wrong = excluded.clock_wrong, changed_at = excluded.changed_at`;

async function storeChanges(
  client: ClientBase,
  stored: ReadonlyMap<number, StoredStatus>,
  found: ReadonlyMap<number, StoredStatus>,
): Promise<void> {
  const changed = [...found].filter(([connection, status]) => !isSame(stored.get(connection), status));
  const gone = [...stored.keys()].filter((connection) => !found.has(connection));
  if (changed.length > 0) {
    const column = <T>(of: (status: StoredStatus) => T): T[] => changed.map(([, status]) => of(status));
    await client.query(STORE, [
      changed.map(([connection]) => connection),
      column(({ status }): ConnectedStatus => status),
      column(({ since }) => since),
      column(({ clockWrong }) => clockWrong),
    ]);
  }
  if (gone.length > 0) {
    await client.query('DELETE FROM node_statuses WHERE connection_id = ANY ($1::bigint[])', [gone]);
  }
}

function isSame(one: StoredStatus | undefined, other: StoredStatus): boolean {
  return one?.status === other.status && one.since === other.since && one.clockWrong === other.clockWrong;
}
