import { Injectable } from '@nestjs/common';
import { microsecondsOf, timeOf } from '../../../storage/index.js';
import { isExpected } from '../../sessions/node-time.js';
import { sessionEnd } from '../../sessions/session-rows.js';
import { timeSql } from '../../tables/columns.js';
import { DAY_US } from '../../aggregate/index.js';
import { type ChainRead, ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import type { ChurnAnswer, ChurnPoint, RestartLoop } from './churn.dto.js';
import type { ChurnQuery } from './churn.query.js';
import { type BucketRow, Buckets, expectedOf, pointsOf } from '../series/series.js';

/** So many restarts within so much time are a loop. */
const LOOP_RESTARTS = 3;
const LOOP_WITHIN_US = 900_000_000;
/** Longer ranges in days are read from the days of nodes. */
const SESSIONS_UP_TO_US = 31 * DAY_US;

const NAMES = ['begins', 'ends', 'restarts', 'links_lost', 'observer_ends', 'unknown_ends'] as const;
type Name = (typeof NAMES)[number];

const bucketOf = (time: string): string =>
  `(floor(${microsecondsOf(time)} / $4::float8) * $4::float8)::float8`;

/**
 * By the indexes of chain and begin, and of chain and end. Parameters: the chain, the range and the length of a bucket in
 * microseconds.
 */
const OF_SESSIONS = `
  SELECT at, sum(begins)::integer AS begins, sum(ends)::integer AS ends, sum(restarts)::integer AS restarts,
         sum(links_lost)::integer AS links_lost, sum(observer_ends)::integer AS observer_ends,
         sum(unknown_ends)::integer AS unknown_ends
    FROM (SELECT ${bucketOf('began_at')} AS at, count(*) AS begins, 0 AS ends, 0 AS restarts, 0 AS links_lost,
                 0 AS observer_ends, 0 AS unknown_ends
            FROM insight_sessions
           WHERE chain_id = $1 AND began_at >= ${timeSql('$2')} AND began_at < ${timeSql('$3')} AND NOT beside_another GROUP BY 1
           UNION ALL
          SELECT ${bucketOf('ended_at')}, 0, count(*), count(*) FILTER (WHERE end_cause = 'restart'),
                 count(*) FILTER (WHERE end_cause = 'link_lost'), count(*) FILTER (WHERE end_cause = 'observer'),
                 count(*) FILTER (WHERE end_cause IS NULL)
            FROM insight_sessions AS session
           WHERE chain_id = $1 AND ${sessionEnd('session')} >= ${timeSql('$2')} AND ${sessionEnd('session')} < ${timeSql('$3')}
             AND end_cause IS DISTINCT FROM 'handed_over' GROUP BY 1) AS counts
   GROUP BY at`;

const OF_DAYS = `
  SELECT ${microsecondsOf("(day::timestamp AT TIME ZONE 'UTC')")} AS at, sum(begins)::integer AS begins,
         sum(ends)::integer AS ends, sum(ends - links_lost - observer_ends - unknown_ends)::integer AS restarts, sum(links_lost)::integer AS links_lost,
         sum(observer_ends)::integer AS observer_ends,
         sum(unknown_ends)::integer AS unknown_ends
    FROM insight_node_days
   WHERE chain_id = $1 AND day >= (${timeSql('$2')} AT TIME ZONE 'UTC')::date
     AND day < (${timeSql('$3')} AT TIME ZONE 'UTC')::date
   GROUP BY day`;

const EXPECTED = `
  SELECT count(*)::integer AS count FROM nodes
   WHERE chain_id = $1 AND ${isExpected('nodes', timeSql('$2'), timeSql('$3'))}`;

/** Each restart that is the last of a loop, with the first one of it. By the index of restarts. */
const LOOPS = `
  SELECT nodes.peer_id, nodes.name, ${microsecondsOf('first_at')} AS first, ${microsecondsOf('ended_at')} AS last,
         number::integer
    FROM (SELECT node_id, ended_at, row_number() OVER (PARTITION BY node_id ORDER BY ended_at) AS number,
                 lag(ended_at, ${(LOOP_RESTARTS - 1).toString()}) OVER (PARTITION BY node_id ORDER BY ended_at) AS first_at
            FROM insight_sessions
           WHERE chain_id = $1 AND restarted AND ended_at >= ${timeSql(`($2::float8 - ${LOOP_WITHIN_US.toString()})`)}
             AND ended_at < ${timeSql('$3')}) AS restarts
    JOIN nodes ON nodes.id = node_id
   WHERE ended_at >= ${timeSql('$2')} AND first_at >= ended_at - interval '${(LOOP_WITHIN_US / 1e6).toString()} s'
   ORDER BY nodes.peer_id, ended_at`;

interface LoopRow {
  peer_id: string;
  name: string | null;
  first: number;
  last: number;
  /** That of the last restart, counted by node. */
  number: number;
}

/** Reads how often connections of nodes begin and end. */
@Injectable()
export class ChurnReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws see ChainReads.read */
  async read(chain: string, query: ChurnQuery): Promise<Fields<ChurnAnswer>> {
    return await this.reads.read(chain, query, async (read) => {
      const { transaction, id, range, known, now } = read;
      const buckets = Buckets.of(range, query.resolution);
      const counted = new Map((await countsOf(read, buckets)).map((row) => [row.at, row]));
      const [expected] = await transaction.query<{ count: number }>(EXPECTED, [id, range.from, range.to]);
      const rows: BucketRow<Record<Name, number>>[] = [];
      for (const { from, to } of buckets) {
        // Without connections in a time that is known there were none.
        if (known.share(from, Math.min(to, now)) === 0 && !counted.has(from)) continue;
        const counts = counted.get(from) ?? NONE;
        rows.push({ ...counts, at: from, expected: expected?.count ?? 0 });
      }
      const points: Fields<ChurnPoint>[] = pointsOf<Record<Name, number>>(buckets, NAMES, {
        rows,
        known,
        now,
      });
      const loops = loopsOf(await transaction.query<LoopRow>(LOOPS, [id, range.from, range.to]));
      return {
        ...rangeAnswer(read, expectedOf(points)),
        resolution: buckets.resolution,
        points,
        restart_loops: loops.slice(0, query.limit),
      };
    });
  }
}

const NONE = Object.fromEntries(NAMES.map((name) => [name, 0])) as Record<Name, number>;

async function countsOf(
  { transaction, id, now }: ChainRead,
  buckets: Buckets,
): Promise<(Record<Name, number> & { at: number })[]> {
  const to = Math.min(buckets.to, now);
  return buckets.resolution === 'day' && to - buckets.from > SESSIONS_UP_TO_US
    ? await transaction.query(OF_DAYS, [id, buckets.from, buckets.to])
    : await transaction.query(OF_SESSIONS, [id, buckets.from, to, buckets.lengthUs]);
}

/** Joins those that have restarts in common. Newest first. */
function loopsOf(rows: readonly LoopRow[]): Fields<RestartLoop>[] {
  const loops: (LoopRow & { restarts: number })[] = [];
  for (const row of rows) {
    const before = loops.at(-1);
    if (before?.peer_id === row.peer_id && row.first <= before.last) {
      before.restarts += row.number - before.number;
      before.last = row.last;
      before.number = row.number;
    } else {
      loops.push({ ...row, restarts: LOOP_RESTARTS });
    }
  }
  return loops
    .sort((one, other) => other.last - one.last)
    .map(({ peer_id, name, first, last, restarts }) => ({
      peer_id,
      name,
      began_at: timeOf(first),
      ended_at: timeOf(last),
      restarts,
    }));
}
