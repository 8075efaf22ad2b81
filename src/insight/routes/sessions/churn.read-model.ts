import { Injectable } from '@nestjs/common';
import { microsecondsOf, timeOf } from '../../../storage/index.js';
import { isExpected } from '../../sessions/node-time.js';
import { countSessions, SESSION_COUNTS, type SessionCount } from '../../sessions/session-hours.js';
import { timeSql } from '../../tables/columns.js';
import { DAY_US } from '../../aggregate/index.js';
import { type ChainRead, ChainReads, closedUntilOf, type Fields, rangeAnswer } from '../chain-reads.js';
import type { ChurnAnswer, ChurnPoint, RestartLoop } from './churn.dto.js';
import type { ChurnQuery } from './churn.query.js';
import { type BucketRow, Buckets, expectedOf, pointsOf } from '../series/series.js';

/** So many restarts within so much time are a loop. */
const LOOP_RESTARTS = 3;
const LOOP_WITHIN_US = 900_000_000;
/** Longer ranges are read from the hours of sessions. */
const SESSIONS_UP_TO_US = 31 * DAY_US;

type Counts = Record<SessionCount, number>;

/** Parameters: the chain, the range and the length of a bucket in microseconds. */
const OF_SESSIONS = countSessions(
  'chain_id = $1',
  (time) => `(floor(${microsecondsOf(time)} / $4::float8) * $4::float8)::float8`,
  { from: timeSql('$2'), to: timeSql('$3') },
);

const OF_HOURS = `
  SELECT floor(${microsecondsOf('hour')} / $4::float8) * $4::float8 AS at,
         ${SESSION_COUNTS.map((name) => `sum(${name})::integer AS ${name}`).join(', ')}
    FROM insight_session_hours
   WHERE chain_id = $1 AND hour >= ${timeSql('$2')} AND hour < ${timeSql('$3')} GROUP BY 1`;

const EXPECTED = `
  SELECT count(*)::integer AS count FROM nodes
   WHERE chain_id = $1 AND ${isExpected('nodes', timeSql('$2'), timeSql('$3'))}`;

/** Each restart that is the last of a loop, with the first one of it. By the indexes of restarts. */
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
      const rows: BucketRow<Counts>[] = [];
      for (const { from, to } of buckets) {
        // Without connections in a time that is known there were none.
        if (known.share(from, Math.min(to, now)) === 0 && !counted.has(from)) continue;
        const counts = counted.get(from) ?? NONE;
        rows.push({ ...counts, at: from, expected: expected?.count ?? 0 });
      }
      const points: Fields<ChurnPoint>[] = pointsOf<Counts>(buckets, SESSION_COUNTS, {
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

const NONE = Object.fromEntries(SESSION_COUNTS.map((name) => [name, 0])) as Counts;

async function countsOf(read: ChainRead, buckets: Buckets): Promise<(Counts & { at: number })[]> {
  const { transaction, id, now } = read;
  const { from, lengthUs } = buckets;
  const to = Math.min(buckets.to, now);
  const until = to - from > SESSIONS_UP_TO_US ? Math.min(to, await hoursUntil(read)) : from;
  return [
    ...(until > from
      ? await transaction.query<Counts & { at: number }>(OF_HOURS, [id, from, until, lengthUs])
      : []),
    ...(await transaction.query<Counts & { at: number }>(OF_SESSIONS, [
      id,
      Math.max(from, until),
      to,
      lengthUs,
    ])),
  ];
}

/** The hours of today and yesterday are counted once an hour. Microseconds since the epoch: the start of a day. */
async function hoursUntil(read: ChainRead): Promise<number> {
  return (Math.floor((await closedUntilOf(read)) / DAY_US) - 1) * DAY_US;
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
