import type { ClientBase } from 'pg';
import {
  microsecondsOf,
  MINUTE_MS,
  NEW_MESSAGE_AHEAD_MS,
  NEW_MESSAGE_BEHIND_MS,
  sqlInterval,
  typeNumber,
} from '../../storage/index.js';

/** Rows per FETCH: few, because nothing else runs while they are parsed. */
const FETCH_ROWS = 250;

const IMPORT = typeNumber('block.import');
const FINALIZED = typeNumber('notify.finalized');
const INTERVAL = typeNumber('system.interval');
const BENCHMARK = typeNumber('sysinfo.hwbench');
const TYPES = `ARRAY[${[IMPORT, FINALIZED, INTERVAL, BENCHMARK].join(', ')}]`;

/** The fields of `sysinfo.hwbench`, in the order of {@link RawMessage.scores}. */
const SCORES = [
  'cpu_hashrate_score',
  'memory_memcpy_score',
  'disk_sequential_write_score',
  'disk_random_write_score',
  'parallel_cpu_hashrate_score',
  'parallel_cpu_cores',
];

/** A message that is aggregated. Times are microseconds since the epoch; texts are as the node sent them. */
export interface RawMessage {
  id: number;
  connection: number;
  collector: number;
  type: 'import' | 'finalized' | 'interval' | 'benchmark';
  receivedAt: number;
  createdAt: number;
  height: string | null;
  hash: string | null;
  origin: string | null;
  finalizedHeight: string | null;
  /** Of `system.interval`, which has only some of them. */
  txcount: string | null;
  peers: string | null;
  download: string | null;
  upload: string | null;
  /** Of `sysinfo.hwbench`; null otherwise. */
  scores: readonly (string | null)[] | null;
}

type Row = [
  number,
  number,
  number,
  number,
  number,
  number,
  string | null,
  string | null,
  string | null,
  string | null,
  string | null,
  string | null,
  string | null,
  string | null,
  (string | null)[] | null,
];

const ofInterval = (field: string): string =>
  `CASE type WHEN ${INTERVAL.toString()} THEN logs->>'${field}' END`;

const COLUMNS = `
  id::float8, peer_connection_id::float8, collector, type, ${microsecondsOf('received_at')}, ${microsecondsOf('created_at')},
  logs->>'height', CASE WHEN type <> ${INTERVAL.toString()} THEN logs->>'best' END,
  CASE type WHEN ${IMPORT.toString()} THEN logs->>'origin' END,
  ${['finalized_height', 'txcount', 'peers', 'bandwidth_download', 'bandwidth_upload'].map(ofInterval).join(', ')},
  CASE type WHEN ${BENCHMARK.toString()} THEN ARRAY[${SCORES.map((field) => `logs->>'${field}'`).join(', ')}] END`;

/**
 * Messages by the time at which they were stored, by the BRIN index, in the partitions that new messages can be in.
 * `type + 0` prevents the planner from using an index that begins with the connection.
 */
const STORED = `
  SELECT ${COLUMNS} FROM tetcore_logs
   WHERE stored_at > $1::timestamptz AND stored_at <= $2::timestamptz
     AND created_at >= $1::timestamptz - ${sqlInterval(NEW_MESSAGE_BEHIND_MS)}
     AND created_at <= $2::timestamptz + ${sqlInterval(NEW_MESSAGE_AHEAD_MS)}
     AND type + 0 = ANY (${TYPES}) AND id <> ALL ($3::bigint[])`;

/** Servers store messages within seconds, unless the database is away. */
const SOON_MS = 15 * MINUTE_MS;
/** Clocks of servers and the database differ by a few milliseconds. */
const BEFORE_MS = MINUTE_MS;

const RECEIVED = `
  received_at >= $1::timestamptz AND received_at < $2::timestamptz AND type + 0 = ANY (${TYPES})
     AND created_at >= $1::timestamptz - ${sqlInterval(NEW_MESSAGE_BEHIND_MS)}
     AND created_at <= $2::timestamptz + ${sqlInterval(NEW_MESSAGE_AHEAD_MS)}`;

/** Those that were stored soon after, by the BRIN index. */
const STORED_SOON = `
  stored_at >= $1::timestamptz - ${sqlInterval(BEFORE_MS)} AND stored_at <= $2::timestamptz + ${sqlInterval(SOON_MS)}`;

/** The others, by the BRIN index as far as it is known when they were stored. Imported messages are among them. */
const STORED_LATE = `
  stored_at > $2::timestamptz + ${sqlInterval(SOON_MS)} AND stored_at > coalesce($3::timestamptz, '-infinity')
     AND stored_at <= coalesce($4::timestamptz, 'infinity')`;

const RECEIVED_SOON = `SELECT ${COLUMNS} FROM tetcore_logs WHERE ${RECEIVED} AND ${STORED_SOON}`;
const RECEIVED_LATE = `SELECT ${COLUMNS} FROM tetcore_logs WHERE ${RECEIVED} AND ${STORED_LATE}`;

/** When messages were stored: times as text; null if that is not known. */
export type StoredRange = readonly [after: string | null, until: string | null];

/**
 * Reads the messages that arrived in a time range and were stored within a quarter of an hour after it, in no order.
 *
 * @param client in a transaction
 * @param range the first time, and the one after the last, as text
 */
export async function* receivedMessages(
  client: ClientBase,
  range: readonly [from: string, to: string],
): AsyncGenerator<RawMessage[], void, undefined> {
  yield* read(client, RECEIVED_SOON, range);
}

/**
 * Reads the messages that arrived in a time range but were stored later, in no order. It may read all that was stored
 * since.
 *
 * @param client in a transaction
 * @param range the first time, and the one after the last, as text
 */
export async function* lateMessages(
  client: ClientBase,
  range: readonly [from: string, to: string],
  stored: StoredRange,
): AsyncGenerator<RawMessage[], void, undefined> {
  yield* read(client, RECEIVED_LATE, [...range, ...stored]);
}

/**
 * In which part of a time range messages arrived that were stored later: microseconds since the epoch; undefined if there
 * are none.
 */
export async function rangeOfLateMessages(
  client: ClientBase,
  range: readonly [from: string, to: string],
  stored: StoredRange,
): Promise<readonly [first: number, last: number] | undefined> {
  const { rows } = await client.query<{ first: number | null; last: number | null }>(
    `SELECT ${microsecondsOf('min(received_at)')} AS first, ${microsecondsOf('max(received_at)')} AS last FROM tetcore_logs
      WHERE ${RECEIVED} AND stored_at > received_at + ${sqlInterval(SOON_MS)}
        AND stored_at > coalesce($3::timestamptz, '-infinity') AND stored_at <= coalesce($4::timestamptz, 'infinity')`,
    [...range, ...stored],
  );
  const { first, last } = rows[0] ?? { first: null, last: null };
  return first === null || last === null ? undefined : [first, last];
}

/**
 * Reads the messages that were stored in a time range, in no order.
 *
 * @param client in a transaction
 * @param from exclusive, as text
 * @param known ids of messages to skip
 */
export async function* storedMessages(
  client: ClientBase,
  from: string,
  to: string,
  known: readonly number[],
): AsyncGenerator<RawMessage[], void, undefined> {
  // The text of the array: the driver makes one of many small pieces, which takes megabytes.
  yield* read(client, STORED, [from, to, `{${known.join(',')}}`]);
}

async function* read(
  client: ClientBase,
  sql: string,
  parameters: readonly unknown[],
): AsyncGenerator<RawMessage[], void, undefined> {
  await client.query(`DECLARE raw_messages NO SCROLL CURSOR FOR ${sql}`, [...parameters]);
  for (;;) {
    const { rows } = await client.query<Row>({
      text: `FETCH ${FETCH_ROWS.toString()} FROM raw_messages`,
      rowMode: 'array',
    });
    if (rows.length > 0) yield rows.map(messageOf);
    if (rows.length < FETCH_ROWS) break;
  }
  await client.query('CLOSE raw_messages');
}

const TYPE_NAMES: ReadonlyMap<number, RawMessage['type']> = new Map([
  [IMPORT, 'import'],
  [FINALIZED, 'finalized'],
  [INTERVAL, 'interval'],
  [BENCHMARK, 'benchmark'],
]);

function messageOf(row: Row): RawMessage {
  const [id, connection, collector, type, receivedAt, createdAt, height, hash, origin, finalizedHeight] = row;
  const [, , , , , , , , , , txcount, peers, download, upload, scores] = row;
  return {
    id,
    connection,
    collector,
    type: TYPE_NAMES.get(type) ?? 'interval',
    receivedAt,
    createdAt,
    height,
    hash,
    origin,
    finalizedHeight,
    txcount,
    peers,
    download,
    upload,
    scores,
  };
}
