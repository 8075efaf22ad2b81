import { NotFoundException } from '@nestjs/common';
import { NEWEST_MESSAGE, type ReadTransaction } from '../../storage/index.js';

/** The node and the time of a benchmark. */
export interface BenchmarkRun {
  id: number;
  /** The node that the benchmark names. */
  peerId: string | null;
  /** A time as text of PostgreSQL, as is `end`. */
  start: string;
  end: string;
  /** A text of type tstzmultirange; empty if it ends before it begins. */
  ranges: string;
}

/** The messages of a node in some time ranges. */
export interface MessageRange {
  /** Connections that may have such messages. */
  connections: number[];
  /** The collectors of these connections. */
  collectors: number[];
  /** The first and the last time, inclusive, as texts of PostgreSQL. */
  start: string;
  end: string;
  /** A text of type tstzmultirange. */
  ranges: string;
}

/** @throws NotFoundException if there is no such benchmark */
export async function findRun(transaction: ReadTransaction, id: number): Promise<BenchmarkRun> {
  return await readRun(transaction, RUN, id);
}

/**
 * The same, but a run without times and events covers all that its node sent: 0.1.4 knows no times of runs.
 *
 * @throws NotFoundException if there is no such benchmark
 */
export async function findRunOrAll(transaction: ReadTransaction, id: number): Promise<BenchmarkRun> {
  return await readRun(transaction, RUN_OR_ALL, id);
}

async function readRun(transaction: ReadTransaction, sql: string, id: number): Promise<BenchmarkRun> {
  const [row] = await transaction.query<Omit<BenchmarkRun, 'id'>>(sql, [id]);
  if (row === undefined) throw new NotFoundException('There is no benchmark with this id.');
  return { id, ...row };
}

/** The messages of the whole run. */
export async function rangeOfRun(transaction: ReadTransaction, run: BenchmarkRun): Promise<MessageRange> {
  return await rangeOf(transaction, run, run);
}

/**
 * The messages between each start of an event and its next end, or the end of the run if there is none.
 *
 * @returns undefined if the benchmark has no start of such an event
 */
export async function rangeOfEvent(
  transaction: ReadTransaction,
  run: BenchmarkRun,
  event: string,
): Promise<MessageRange | undefined> {
  const [row] = await transaction.query<{ ranges: string | null; start: string; end: string }>(RANGES, [
    run.id,
    event,
    run.end,
  ]);
  if (row === undefined || row.ranges === null) return undefined;
  return await rangeOf(transaction, run, { ...row, ranges: row.ranges });
}

async function rangeOf(
  transaction: ReadTransaction,
  { peerId }: BenchmarkRun,
  { start, end, ranges }: Omit<MessageRange, 'connections' | 'collectors'>,
): Promise<MessageRange> {
  const rows = await transaction.query<{ id: number; collector: number }>(CONNECTIONS, [peerId, start, end]);
  const collectors = [...new Set(rows.map(({ collector }) => collector))];
  return { start, end, ranges, connections: rows.map(({ id }) => id), collectors };
}

/** 0.1.4 writes `tetcore.peerId`, its ancestor `substrate.peerId`. */
const peerIdIn = (column: string): string =>
  ['substrate', 'tetcore']
    .map(
      (name) =>
        `CASE jsonb_typeof(${column}->'${name}'->'peerId') WHEN 'string' THEN ${column}->'${name}'->>'peerId' END`,
    )
    .join(', ');

/**
 * A run without an end lasts until now if one of its events has not ended, or if it has no events.
 *
 * @param start of a run without a start and without events
 * @param end of a run without an end and without events
 */
const runSql = (start: string, end: string): string => `
  SELECT coalesce(${peerIdIn('setup')}, ${peerIdIn('benchmark_spec')}) AS "peerId",
         start_at::text AS start, end_at::text AS "end",
         CASE WHEN start_at <= end_at THEN tstzmultirange(tstzrange(start_at, end_at, '[]'))
              ELSE '{}' END::text AS ranges
    FROM benchmarks,
         LATERAL (SELECT min(first_at) AS first_event, max(last_at) AS last_event, bool_or(phase = 'start') AS going_on
                    FROM (SELECT min(created_at) AS first_at, max(created_at) AS last_at,
                                 (array_agg(phase ORDER BY created_at DESC, id DESC))[1] AS phase
                            FROM benchmark_events WHERE benchmark_id = benchmarks.id GROUP BY name) AS event
         ) AS events,
         LATERAL (SELECT coalesce(ts_start, first_event, ${start}) AS start_at,
                         coalesce(ts_end, CASE going_on WHEN false THEN last_event WHEN true THEN now() END, ${end}) AS end_at) AS times
   WHERE benchmarks.id = $1::bigint`;

const RUN = runSql('benchmarks.created_at', 'now()');
const RUN_OR_ALL = runSql("'-infinity'::timestamptz", "'infinity'::timestamptz");

const RANGES = `
  SELECT ranges::text AS ranges, lower(ranges)::text AS start, upper(ranges)::text AS "end"
    FROM (SELECT range_agg(tstzrange(created_at, greatest(created_at, coalesce(ended_at, $3::timestamptz)), '[]'))
                   FILTER (WHERE phase = 'start') AS ranges
            FROM (SELECT phase, created_at,
                         min(created_at) FILTER (WHERE phase = 'end')
                           OVER (ORDER BY created_at DESC, id DESC ROWS UNBOUNDED PRECEDING) AS ended_at
                    FROM benchmark_events WHERE benchmark_id = $1::bigint AND name = $2::text) AS event) AS found`;

const CONNECTIONS = `
  SELECT id::float8 AS id, collector FROM peer_connections
   WHERE peer_id = $1::text AND oldest_created_at <= $3::timestamptz AND ${NEWEST_MESSAGE} >= $2::timestamptz`;
