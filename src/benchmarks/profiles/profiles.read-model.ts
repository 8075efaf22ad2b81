import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { RowPieces } from '../../platform/async/index.js';
import { InvalidParameterError } from '../../platform/http/index.js';
import { ReadTransaction, typeSql } from '../../storage/index.js';
import {
  type BenchmarkRun,
  findRun,
  findRunOrAll,
  type MessageRange,
  rangeOfEvent,
  rangeOfRun,
} from './benchmark-run.js';
import type { CompareQuery, ProfileQuery } from './profile.dto.js';

/** Up to 31 years. Other values are not durations; larger ones could exceed `float8`, the type of percentiles. */
const NANOSECONDS = '^[0-9]{1,18}(\\.[0-9]{1,30})?$';

const STATISTICS = `'count', count, 'mean', mean, 'median', median, 'p90', p90, 'min', min, 'max', max`;

/** The placeholders of a range: see {@link rangeParameters}. */
interface Placeholders {
  connections: string;
  collectors: string;
  start: string;
  end: string;
  ranges: string;
}

/** The JSON of ProfileEntries. */
export const PROFILE = `
  SELECT json_build_object('target', target, 'name', name, ${STATISTICS})::text AS row
    FROM (${profile(placeholdersFrom(2))}) AS profile ORDER BY target COLLATE "C", name COLLATE "C"`;

/** The JSON of ProfileComparisons. */
export const COMPARISON = `
  WITH base AS (SELECT target, name, mean, median, json_build_object(${STATISTICS}) AS statistics
                  FROM (${profile(placeholdersFrom(2))}) AS profile),
       head AS (SELECT target, name, mean, median, json_build_object(${STATISTICS}) AS statistics
                  FROM (${profile(placeholdersFrom(7))}) AS profile)
  SELECT json_build_object('target', target, 'name', name, 'base', base.statistics, 'head', head.statistics,
                           'mean_ratio', (head.mean / nullif(base.mean, 0))::float8,
                           'median_ratio', head.median / nullif(base.median, 0))::text AS row
    FROM base FULL JOIN head USING (target, name) ORDER BY target COLLATE "C", name COLLATE "C"`;

/** The JSON of Targets. */
export const TARGETS = `
  SELECT json_build_object('target', target)::text AS row
    FROM (SELECT DISTINCT logs->>'target' AS target FROM tetcore_logs
           WHERE ${inRange(placeholdersFrom(1))} AND logs->>'target' IS NOT NULL) AS found
   ORDER BY target COLLATE "C"`;

function rangeParameters(range: MessageRange): unknown[] {
  return [range.connections, range.collectors, range.start, range.end, range.ranges];
}

function placeholdersFrom(first: number): Placeholders {
  const placeholder = (index: number): string => `$${(first + index).toString()}`;
  return {
    connections: placeholder(0),
    collectors: placeholder(1),
    start: placeholder(2),
    end: placeholder(3),
    ranges: placeholder(4),
  };
}

/** `start` and `end` are the bounds of `ranges`, by which the planner prunes partitions. */
function inRange({ connections, collectors, start, end, ranges }: Placeholders): string {
  return `peer_connection_id = ANY (${connections}::bigint[]) AND collector = ANY (${collectors}::integer[])
          AND created_at >= ${start}::timestamptz AND created_at <= ${end}::timestamptz
          AND created_at <@ ${ranges}::tstzmultirange`;
}

/** $1 is a target, or null. */
function profile(placeholders: Placeholders): string {
  return `
    SELECT target, name, count(*) AS count, trim_scale(avg(time)) AS mean,
           (percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY time::float8))[1] AS median,
           (percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY time::float8))[2] AS p90,
           min(time) AS min, max(time) AS max
      FROM (SELECT coalesce(logs->>'target', '') AS target, coalesce(logs->>'name', '') AS name,
                   CASE WHEN logs->>'time' ~ '${NANOSECONDS}' THEN (logs->>'time')::numeric END AS time
              FROM tetcore_logs
             WHERE ${inRange(placeholders)} AND type = ${typeSql('tracing.profiling')}
               AND ($1::text IS NULL OR logs->>'target' = $1::text)
            -- So that the time is extracted from the message once.
            OFFSET 0) AS call
     WHERE time IS NOT NULL GROUP BY target, name`;
}

/** Computes profiles of benchmarks from the telemetry of their nodes. */
@Injectable()
export class ProfilesReadModel {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * @returns the JSON of Targets, sorted
   * @throws NotFoundException if there is no such benchmark
   */
  listTargets(id: number): RowPieces {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const range = await rangeOfRun(transaction, await findRunOrAll(transaction, id));
      yield* transaction.rows({ text: TARGETS, values: rangeParameters(range) });
    });
  }

  /**
   * @returns the JSON of ProfileEntries, sorted
   * @throws NotFoundException if there is no such benchmark
   * @throws ConflictException if it names no node
   * @throws InvalidParameterError if it has no such event
   */
  profile(id: number, { event, target }: ProfileQuery): RowPieces {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const range = await rangeOf(transaction, await findRun(transaction, id), event);
      yield* transaction.rows({ text: PROFILE, values: [target ?? null, ...rangeParameters(range)] });
    });
  }

  /**
   * @returns the JSON of ProfileComparisons, sorted
   * @throws ConflictException if one of them names no node
   * @throws InvalidParameterError if there is no such benchmark, or one has no such event
   */
  compare({ base, head, event, target }: CompareQuery): RowPieces {
    return ReadTransaction.read(this.dataSource, async function* (transaction) {
      const ranges: MessageRange[] = [];
      for (const [parameter, id] of Object.entries({ base, head })) {
        const run = await findRun(transaction, id).catch((error: unknown) => {
          if (!(error instanceof NotFoundException)) throw error;
          throw new InvalidParameterError(parameter, 'must be the id of an existing benchmark');
        });
        ranges.push(await rangeOf(transaction, run, event));
      }
      yield* transaction.rows({
        text: COMPARISON,
        values: [target ?? null, ...ranges.flatMap(rangeParameters)],
      });
    });
  }
}

async function rangeOf(
  transaction: ReadTransaction,
  run: BenchmarkRun,
  event: string | undefined,
): Promise<MessageRange> {
  const id = run.id.toString();
  if (run.peerId === null) {
    throw new ConflictException(
      `Benchmark ${id} names no node: neither setup nor benchmark_spec has substrate.peerId or tetcore.peerId. ` +
        `Change it with PATCH /benchmarks/${id}.`,
    );
  }
  if (event === undefined) return await rangeOfRun(transaction, run);
  const range = await rangeOfEvent(transaction, run, event);
  if (range === undefined) {
    throw new InvalidParameterError(
      'event',
      `must be the name of an event that was started in benchmark ${id}`,
    );
  }
  return range;
}
