import { Injectable } from '@nestjs/common';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { timeText } from '../../../storage/index.js';
import { DAY_US, HOUR_US } from '../../aggregate/index.js';
import { timeSql } from '../../tables/columns.js';
import { type ChainRead, ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import type { ClockBin, ClocksAnswer, ClocksQuery, NodeClock } from './clocks.dto.js';
import { rounded } from '../series/series.js';
import { HOURS_IN_RANGE } from './conditions.js';

const MAX_DAYS = 7;
/** Hours of nodes in a response: half a megabyte. */
const MAX_HOURS = 10_000;
/** A clock that is off by more is wrong: consensus needs better ones. */
export const WRONG_MS = 500;
/** Of an hour with fewer minutes the offset is that of another part of it. */
const WHOLE_MINUTES = 45;
const MIN_HOURS = 3;

/** Bounds of the bins of offsets: milliseconds. */
const BOUNDS = [-10_000, -1_000, -500, -200, -100, -50, -20, 20, 50, 100, 200, 500, 1_000, 10_000];

/**
 * By the indexes on the hour and on steps, and the primary key. An hour with a step has the offset after it. Steps are no CTE:
 * workers cannot read it, and there are many hours.
 */
const CLOCKS = `
  WITH clocks AS MATERIALIZED (
    SELECT node_id, max(steps) AS steps, max(hour) AS hour, count(*) FILTER (WHERE usable)::float8 AS usable,
           regr_slope(clock_offset_us / 1000.0::float8, date_part('epoch', hour) / 3600) FILTER (WHERE usable) AS drift
      FROM insight_node_hours
      LEFT JOIN (SELECT node_id, max(hour) AS stepped, sum(clock_steps)::float8 AS steps
                   FROM insight_node_hours
                  WHERE ${HOURS_IN_RANGE} AND clock_steps > 0 AND clock_offset_us IS NOT NULL
                  GROUP BY node_id) AS steps USING (node_id),
           LATERAL (SELECT minutes >= ${WHOLE_MINUTES.toString()} AND (stepped IS NULL OR hour >= stepped) AS usable) AS one
     WHERE ${HOURS_IN_RANGE} AND clock_offset_us IS NOT NULL
     GROUP BY node_id
  )
  SELECT node_id AS id, peer_id AS "peerId", name, clock_offset_us / 1000.0::float8 AS "offsetMs", coalesce(steps, 0) AS steps,
         CASE WHEN usable >= ${MIN_HOURS.toString()} THEN drift END AS drift
    FROM clocks
   CROSS JOIN LATERAL (SELECT clock_offset_us FROM insight_node_hours AS one
                        WHERE one.chain_id = $1 AND one.node_id = clocks.node_id AND one.hour = clocks.hour OFFSET 0) AS last
    JOIN nodes ON nodes.id = node_id
   ORDER BY abs(clock_offset_us) DESC, peer_id`;

const HOURS = `
  SELECT node_id AS id, ${timeText('hour')} AS time, clock_offset_us / 1000.0::float8 AS "offsetMs", clock_steps AS steps
    FROM insight_node_hours
   WHERE chain_id = $1 AND node_id = ANY ($4::integer[])
     AND hour > ${timeSql('$2')} - interval '1 hour' AND hour < ${timeSql('$3')} AND clock_offset_us IS NOT NULL
   ORDER BY node_id, hour`;

interface ClockRow {
  id: number;
  peerId: string;
  name: string | null;
  offsetMs: number;
  steps: number;
  drift: number | null;
}

interface HourRow {
  id: number;
  time: string;
  offsetMs: number;
  steps: number;
}

/** Reads how far the clocks of nodes are off. */
@Injectable()
export class ClocksReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws see ChainReads.read */
  async read(chain: string, query: ClocksQuery): Promise<Fields<ClocksAnswer>> {
    return await this.reads.read(chain, query, async (read) => {
      if (read.range.to - read.range.from > MAX_DAYS * DAY_US)
        throw new InvalidParameterError(
          'start_time',
          `must be at most ${MAX_DAYS.toString()} days before the end`,
        );
      const { transaction, id, range } = read;
      const clocks = await transaction.query<ClockRow>(CLOCKS, [id, range.from, range.to]);
      return {
        ...rangeAnswer(read, clocks.length),
        wrong: clocks.filter(isWrong).length,
        distribution: distribution(clocks),
        nodes: await withHours(read, clocks.slice(0, maxNodes(read, query))),
      };
    });
  }
}

function maxNodes({ range }: ChainRead, { limit }: ClocksQuery): number {
  const hours = Math.ceil((range.to - range.from) / HOUR_US) + 1;
  return Math.min(limit, Math.floor(MAX_HOURS / hours));
}

async function withHours(
  { transaction, id, range }: ChainRead,
  clocks: readonly ClockRow[],
): Promise<NodeClock[]> {
  const ids = clocks.map((clock) => clock.id);
  const rows = await transaction.query<HourRow>(HOURS, [id, range.from, range.to, ids]);
  const hours = new Map<number, HourRow[]>();
  for (const row of rows) {
    const ofNode = hours.get(row.id) ?? [];
    hours.set(row.id, ofNode);
    ofNode.push(row);
  }
  return clocks.map((clock) => ({
    peer_id: clock.peerId,
    name: clock.name,
    offset_ms: rounded(clock.offsetMs, 1),
    drift_ms_per_hour: clock.drift === null ? null : rounded(clock.drift, 2),
    steps: clock.steps,
    wrong: isWrong(clock),
    hours: (hours.get(clock.id) ?? []).map(({ time, offsetMs, steps }) => ({
      time,
      offset_ms: rounded(offsetMs, 1),
      steps,
    })),
  }));
}

function isWrong({ offsetMs }: { offsetMs: number }): boolean {
  return Math.abs(offsetMs) > WRONG_MS;
}

function distribution(clocks: readonly ClockRow[]): ClockBin[] {
  return [null, ...BOUNDS].map((from, index) => {
    const to = BOUNDS[index] ?? null;
    const nodes = clocks.filter(
      ({ offsetMs }) => (from === null || offsetMs >= from) && (to === null || offsetMs < to),
    );
    return { from_ms: from, to_ms: to, nodes: nodes.length };
  });
}
