import { NotFoundException } from '@nestjs/common';
import { NEWEST_MESSAGE, type ReadTransaction } from '../../storage/index.js';

/** A benchmark, as far as messages are looked for. */
export interface BenchmarkRun {
  id: number;
  /** The node that it names. */
  peerId: string | null;
  /** PostgreSQL's text of a time, and so `end`. */
  start: string;
  end: string;
  /** A text of type tstzmultirange; empty where it ends before it begins. */
  stretches: string;
}

/** The messages of a node in some stretches of time. */
export interface MessageRange {
  /** Connections that may have such messages. */
  connections: number[];
  /** The collectors that these are of. */
  collectors: number[];
  /** The first and the last time that is looked at: PostgreSQL's texts, both included. */
  start: string;
  end: string;
  /** A text of type tstzmultirange. */
  stretches: string;
}

/** @throws NotFoundException where there is no such benchmark */
export async function findRun(transaction: ReadTransaction, id: number): Promise<BenchmarkRun> {
  const [row] = await transaction.query<Omit<BenchmarkRun, 'id'>>(RUN, [id]);
  if (row === undefined) throw new NotFoundException('There is no benchmark with this id.');
  return { id, ...row };
}

/** The messages of the whole run. */
export async function rangeOfRun(transaction: ReadTransaction, run: BenchmarkRun): Promise<MessageRange> {
  return await rangeOf(transaction, run, run);
}

/**
 * The messages between each start of an event and the end that comes next, or the end of the run where none comes.
 *
 * @returns undefined where the benchmark has no start of such an event
 */
export async function rangeOfEvent(
  transaction: ReadTransaction,
  run: BenchmarkRun,
  event: string,
): Promise<MessageRange | undefined> {
  const [row] = await transaction.query<{ stretches: string | null; start: string; end: string }>(STRETCHES, [
    run.id,
    event,
    run.end,
  ]);
  if (row === undefined || row.stretches === null) return undefined;
  return await rangeOf(transaction, run, { ...row, stretches: row.stretches });
}

async function rangeOf(
  transaction: ReadTransaction,
  { peerId }: BenchmarkRun,
  { start, end, stretches }: Omit<MessageRange, 'connections' | 'collectors'>,
): Promise<MessageRange> {
  const rows = await transaction.query<{ id: number; collector: number }>(CONNECTIONS, [peerId, start, end]);
  const collectors = [...new Set(rows.map(({ collector }) => collector))];
  return { start, end, stretches, connections: rows.map(({ id }) => id), collectors };
}

const peerIdIn = (column: string): string =>
  `CASE jsonb_typeof(${column}->'substrate'->'peerId') WHEN 'string' THEN ${column}->'substrate'->>'peerId' END`;

/** A run without an end goes on until now while an event of it does, or where it has no events. */
const RUN = `
  SELECT coalesce(${peerIdIn('setup')}, ${peerIdIn('benchmark_spec')}) AS "peerId",
         start_at::text AS start, end_at::text AS "end",
         CASE WHEN start_at <= end_at THEN tstzmultirange(tstzrange(start_at, end_at, '[]'))
              ELSE '{}' END::text AS stretches
    FROM benchmarks,
         LATERAL (SELECT min(first_at) AS first_event, max(last_at) AS last_event, bool_or(phase = 'start') AS going_on
                    FROM (SELECT min(created_at) AS first_at, max(created_at) AS last_at,
                                 (array_agg(phase ORDER BY created_at DESC, id DESC))[1] AS phase
                            FROM benchmark_events WHERE benchmark_id = benchmarks.id GROUP BY name) AS event
         ) AS events,
         LATERAL (SELECT coalesce(ts_start, first_event, benchmarks.created_at) AS start_at,
                         coalesce(ts_end, CASE WHEN NOT going_on THEN last_event END, now()) AS end_at) AS times
   WHERE benchmarks.id = $1::bigint`;

const STRETCHES = `
  SELECT stretches::text AS stretches, lower(stretches)::text AS start, upper(stretches)::text AS "end"
    FROM (SELECT range_agg(tstzrange(created_at, greatest(created_at, coalesce(ended_at, $3::timestamptz)), '[]'))
                   FILTER (WHERE phase = 'start') AS stretches
            FROM (SELECT phase, created_at,
                         min(created_at) FILTER (WHERE phase = 'end')
                           OVER (ORDER BY created_at DESC, id DESC ROWS UNBOUNDED PRECEDING) AS ended_at
                    FROM benchmark_events WHERE benchmark_id = $1::bigint AND name = $2::text) AS event) AS found`;

const CONNECTIONS = `
  SELECT id::float8 AS id, collector FROM peer_connections
   WHERE peer_id = $1::text AND oldest_created_at <= $3::timestamptz AND ${NEWEST_MESSAGE} >= $2::timestamptz`;
