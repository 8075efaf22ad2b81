import { Injectable } from '@nestjs/common';
import { microsecondsOf, timeOf } from '../../../storage/index.js';
import { type Branch, depthOf, type Fork, forksOf, rivalBlocks, type RivalRow } from '../../forks/index.js';
import { timeSql } from '../../tables/columns.js';
import { type ChainRead, ChainReads, readSeries } from '../chain-reads.js';
import type { ChainFork, ForkBranch, ForkSeries } from './forks.dto.js';
import type { ForksQuery } from './forks.query.js';
import { type Buckets, shareOf } from '../series/series.js';

/** Blocks that are read, without those that won: for each fork of an answer, and at least. */
const BLOCKS_OF_FORK = 5;
const LEAST_BLOCKS = 1_000;
/** A fork that overlaps the range has heights before and after it. */
const AROUND_US = 600_000_000;

/**
 * Blocks that lost, by minute: when their height became final, or when they were first seen if that is later. Finality may
 * have stalled for a day.
 */
const ORPHANS = `
  SELECT floor(at / $4::float8) * $4::float8 AS at, count(*)::integer AS orphans
    FROM (SELECT ${microsecondsOf('greatest(block.first_seen_at, final.finalized_at)')} AS at
            FROM insight_blocks AS block JOIN insight_blocks AS final USING (chain_id, height)
           WHERE chain_id = $1 AND block.canonical IS NOT TRUE AND final.canonical
             AND block.first_seen_at >= ${timeSql('$2')} - interval '1 day' AND block.first_seen_at < ${timeSql('$3')}) AS lost
   WHERE at >= $2::float8 AND at < $3::float8 GROUP BY 1`;

interface Orphans {
  orphans: number;
  final_heights: number;
}

/** Reads the forks of a chain. */
@Injectable()
export class ForksReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws see ChainReads.read */
  async series(chain: string, query: ForksQuery): Promise<ForkSeries> {
    return await this.reads.read(chain, query, async (read) => {
      const { answer, buckets } = await readSeries<Orphans>(read, query, (resolution) => ({
        expected: 'nodes',
        orphans: resolution === 'minute' ? '0' : 'orphans',
        final_heights: 'final_heights',
      }));
      const ofMinutes = buckets.resolution === 'minute' ? await orphansByMinute(read, buckets) : undefined;
      const times = [...buckets];
      const points = answer.points.map((point, index) => {
        const more = ofMinutes?.get(times[index]?.from ?? 0) ?? 0;
        const orphans = point.orphans === null ? null : point.orphans + more;
        return {
          time: point.time,
          known_share: point.known_share,
          expected: point.expected,
          orphans,
          final_heights: point.final_heights,
          orphan_rate: shareOf(orphans, point.final_heights),
        };
      });
      const orphans = sumOf(points.map((point) => point.orphans));
      const heights = sumOf(points.map((point) => point.final_heights));
      const { forks, isComplete } = await forksIn(read, query.limit);
      return {
        ...answer,
        orphans,
        final_heights: heights,
        orphan_rate: shareOf(orphans, heights),
        forks,
        complete: isComplete,
        points,
      };
    });
  }
}

async function orphansByMinute(
  { transaction, id }: ChainRead,
  { from, to, lengthUs }: Buckets,
): Promise<Map<number, number>> {
  const rows = await transaction.query<{ at: number; orphans: number }>(ORPHANS, [id, from, to, lengthUs]);
  return new Map(rows.map(({ at, orphans }) => [at, orphans]));
}

/** Those that overlap the range, newest first. */
async function forksIn(
  { transaction, id, range }: ChainRead,
  limit: number,
): Promise<{ forks: ChainFork[]; isComplete: boolean }> {
  const most = Math.max(limit * BLOCKS_OF_FORK, LEAST_BLOCKS);
  const [from, to] = [range.from - AROUND_US, range.to + AROUND_US];
  const rivals = await rivalBlocks(transaction, [id], { from, to, limit: most });
  const forks = forksOf(rivals)
    .filter((fork) => {
      const times = blocksOf(fork).map(({ firstSeenAt }) => firstSeenAt);
      return Math.min(...times) < range.to && Math.max(...times) >= range.from;
    })
    .reverse();
  const isCut = rivals.filter(({ canonical }) => canonical !== true).length >= most;
  // The beginning of the oldest one may be missing.
  if (isCut && forks.length > 1) forks.pop();
  return { forks: forks.slice(0, limit).map(answerOf), isComplete: forks.length <= limit && !isCut };
}

const blocksOf = (fork: Fork<RivalRow>): RivalRow[] => fork.branches.flatMap(({ blocks }) => blocks);

function answerOf(fork: Fork<RivalRow>): ChainFork {
  const blocks = blocksOf(fork);
  const finalized = blocks.map(({ finalizedAt }) => finalizedAt).filter((at) => at !== null);
  const isDecided = blocks.every(({ canonical }) => canonical !== null);
  return {
    height: Math.min(...blocks.map(({ height }) => height)),
    began_at: timeOf(Math.min(...blocks.map(({ firstSeenAt }) => firstSeenAt))),
    finalized_at: isDecided && finalized.length > 0 ? timeOf(Math.max(...finalized)) : null,
    depth: depthOf(fork),
    branches: fork.branches.map(branchOf),
  };
}

function branchOf({ parent, blocks }: Branch<RivalRow>): ForkBranch {
  return {
    parent_hash: parent,
    first_height: blocks[0]?.height ?? 0,
    last_height: blocks.at(-1)?.height ?? 0,
    hashes: blocks.map(({ hash }) => hash),
    nodes: Math.max(...blocks.map(({ reporters }) => reporters)),
    canonical: blocks.at(-1)?.canonical ?? null,
  };
}

function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>((sum, value) => (value === null ? sum : (sum ?? 0) + value), null);
}
