import { Injectable } from '@nestjs/common';
import { microsecondsOf } from '../../../storage/index.js';
import { DAY_US, MINUTE_US } from '../../aggregate/index.js';
import { ChainSettings } from '../../settings/index.js';
import { timeSql } from '../../tables/columns.js';
import { type ChainRead, ChainReads, closedUntilOf, readSeries } from '../chain-reads.js';
import { chainSpans } from '../chain-spans.js';
import type { ProductionSeries } from './series-answers.dto.js';
import type { SeriesQuery } from './series.dto.js';
import { type Buckets, type TimeRange } from './series.js';

interface Production {
  minutes: number;
  heights: number;
  blocks: number;
  block_time_p50_ms: number;
  block_time_p95_ms: number;
  block_time_max_ms: number;
}

/** Blocks from which the length of a slot is found. */
const SLOT_BLOCKS = 2_000;
/** It is a multiple of this. */
const SLOT_STEP_MS = 500;

/** The most frequent time between two heights, rounded. */
const SLOT_MS = `
  WITH recent AS (
    SELECT height, first_seen_at FROM insight_blocks
     WHERE chain_id = $1 AND first_seen_at >= ${timeSql('$2')} AND first_seen_at < ${timeSql('$3')}
     ORDER BY first_seen_at DESC LIMIT ${SLOT_BLOCKS.toString()}
  ), heights AS (
    SELECT height, min(first_seen_at) AS at FROM recent GROUP BY height
  ), steps AS (
    SELECT height - lag(height) OVER below AS heights, extract(epoch FROM at - lag(at) OVER below) * 1000 AS took
      FROM heights WINDOW below AS (ORDER BY height)
  )
  SELECT greatest(round(took / ${SLOT_STEP_MS.toString()}), 1)::float8 * ${SLOT_STEP_MS.toString()} AS slot_ms
    FROM steps WHERE heights = 1 AND took > 0 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1`;

/** A node that is behind may report a height of a gap so long after it. */
const LATE_US = 10 * MINUTE_US;

/**
 * Heights that were first seen in given times, or later, but are below one that was: by the start of their bucket. OFFSET 0:
 * by the index of chain and time and by the primary key, not all blocks of the chain at once.
 */
const HEIGHTS_WITHIN = `
  SELECT floor(${microsecondsOf('first_seen_at')} / $4::float8) * $4::float8 AS at, count(DISTINCT block.height)::integer AS heights
    FROM unnest($2::float8[], $3::float8[]) AS part (began, ended)
   CROSS JOIN LATERAL (
         SELECT max(height) AS height
           FROM (SELECT height FROM insight_blocks
                  WHERE chain_id = $1 AND first_seen_at >= ${timeSql('part.began')}
                    AND first_seen_at < ${timeSql('part.ended')}
                 OFFSET 0) AS within) AS highest
   CROSS JOIN LATERAL (
         SELECT chain_id, height, first_seen_at FROM insight_blocks
          WHERE chain_id = $1 AND first_seen_at >= ${timeSql('part.began')}
            AND first_seen_at < ${timeSql(`(part.ended + ${LATE_US.toString()})`)}
            AND (first_seen_at < ${timeSql('part.ended')} OR insight_blocks.height < highest.height)
         OFFSET 0) AS block
   WHERE NOT EXISTS (SELECT FROM insight_blocks AS other
                      WHERE other.chain_id = block.chain_id AND other.height = block.height
                        AND other.first_seen_at < block.first_seen_at OFFSET 0)
   GROUP BY 1`;

/** Reads how many blocks a chain made, and how many it did not. */
@Injectable()
export class ProductionReadModel {
  constructor(
    private readonly reads: ChainReads,
    private readonly settings: ChainSettings,
  ) {}

  /** @throws see ChainReads.read */
  async series(chain: string, query: SeriesQuery): Promise<ProductionSeries> {
    return await this.reads.read(chain, query, async (read) => {
      const { answer, buckets } = await readSeries<Production>(read, query, (resolution) => ({
        expected: 'nodes',
        minutes: resolution === 'minute' ? '1' : 'minutes',
        heights: 'heights',
        blocks: 'blocks',
        block_time_p50_ms: 'block_time_p50_ms',
        block_time_p95_ms: 'block_time_p95_ms',
        block_time_max_ms: resolution === 'minute' ? 'NULL' : 'block_time_max_ms',
      }));
      const { slot_ms: setting } = this.settings.of(read);
      const slotMs = setting ?? (await slotOf(read));
      const closedUntil = await closedUntilOf(read);
      const unseen = await heightsWithin(read, buckets, read.known.unknown);
      const slots = new Slots(slotMs);
      const times = [...buckets];
      // Field by field: with rest and spread, ten thousand points take several times as long.
      const points = answer.points.map((point, index) => {
        const time = times[index] ?? { from: 0, to: 0 };
        const seenMs = knownMs(read, { from: time.from, to: Math.min(time.to, closedUntil) }, point.minutes);
        const missing = slots.missing(seenMs, point.heights, unseen.get(time.from) ?? 0);
        return {
          time: point.time,
          known_share: point.known_share,
          expected: point.expected,
          heights: point.heights,
          blocks: point.blocks,
          block_time_p50_ms: point.block_time_p50_ms,
          block_time_p95_ms: point.block_time_p95_ms,
          block_time_max_ms: point.block_time_max_ms,
          missing_slots: missing.missing_slots,
          lost_time_ms: missing.lost_time_ms,
        };
      });
      const halts = await chainSpans(read, 'halt');
      return { ...answer, points, slot_ms: slotMs, ...slots.total, halts };
    });
  }
}

interface Missing {
  missing_slots: number | null;
  lost_time_ms: number | null;
}

/** Counts slots without a height. */
class Slots {
  private heights: number | null = null;
  private slots = 0;
  private counted = 0;

  /** @param slotMs null if it is not known */
  constructor(private readonly slotMs: number | null) {}

  /**
   * @param seenMs how much of the time is known; null for none
   * @param heights those that were first seen in it; null if nothing is known
   * @param unseen how many of them in time that is not known
   */
  missing(seenMs: number | null, heights: number | null, unseen: number): Missing {
    if (heights !== null) this.heights = (this.heights ?? 0) + heights;
    if (this.slotMs === null || seenMs === null || heights === null) return missingOf(null, null);
    const slots = seenMs / this.slotMs;
    const counted = heights - unseen;
    this.slots += slots;
    this.counted += counted;
    return missingOf(slots - counted, this.slotMs);
  }

  /** Of all together: rounded once, not for each. */
  get total(): Missing & { heights: number | null } {
    const { heights, slots, counted, slotMs } = this;
    return { heights, ...missingOf(slots === 0 ? null : slots - counted, slotMs) };
  }
}

function missingOf(slots: number | null, slotMs: number | null): Missing {
  if (slots === null || slotMs === null) return { missing_slots: null, lost_time_ms: null };
  const missing = Math.max(0, Math.round(slots));
  return { missing_slots: missing, lost_time_ms: missing * slotMs };
}

/** @param minutes those of which anything is known; null for none */
function knownMs({ known }: ChainRead, { from, to }: TimeRange, minutes: number | null): number | null {
  if (minutes === null || to <= from) return null;
  const us = Math.min(known.share(from, to) * (to - from), minutes * MINUTE_US);
  return us > 0 ? us / 1000 : null;
}

async function slotOf({ transaction, id, range }: ChainRead): Promise<number | null> {
  const [row] = await transaction.query<{ slot_ms: number }>(SLOT_MS, [id, range.from - DAY_US, range.to]);
  return row?.slot_ms ?? null;
}

async function heightsWithin(
  { transaction, id }: ChainRead,
  buckets: Buckets,
  parts: readonly (readonly [from: number, to: number])[],
): Promise<Map<number, number>> {
  const within = parts
    .map(([from, to]) => [Math.max(from, buckets.from), Math.min(to, buckets.to)] as const)
    .filter(([from, to]) => to > from);
  if (within.length === 0) return new Map();
  const rows = await transaction.query<{ at: number; heights: number }>(HEIGHTS_WITHIN, [
    id,
    within.map(([from]) => from),
    within.map(([, to]) => to),
    buckets.lengthUs,
  ]);
  return new Map(rows.map(({ at, heights }) => [at, heights]));
}
