import { Injectable } from '@nestjs/common';
import { ChainReads, readSeries } from '../chain-reads.js';
import { AddressLabels } from '../../settings/index.js';
import { numbersOf } from '../../tables/columns.js';
import { groupsOf } from './propagation-groups.js';
import type { PropagationSeries } from './series-answers.dto.js';
import type { PropagationQuery } from './series-answers.query.js';
import { shareOf } from './series.js';

interface Propagation {
  blocks: number;
  expected_arrivals: number;
  arrivals: number;
  p50_ms: number;
  p90_ms: number;
  p95_ms: number;
  p99_ms: number;
  spread_ms: number;
  /** The text of an array. */
  bins: string;
}

/** Reads how long blocks took to the nodes. */
@Injectable()
export class PropagationReadModel {
  constructor(
    private readonly reads: ChainReads,
    private readonly labels: AddressLabels,
  ) {}

  /** @throws see ChainReads.read */
  async series(chain: string, query: PropagationQuery): Promise<PropagationSeries> {
    return await this.reads.read(chain, query, async (read) => {
      const grouped =
        query.group_by === undefined ? undefined : await groupsOf(read, query.group_by, this.labels);
      const { answer } = await readSeries<Propagation>(read, query, () => ({
        expected: 'round(expected_arrivals::numeric / nullif(blocks, 0))::integer',
        blocks: 'blocks',
        expected_arrivals: 'expected_arrivals::float8',
        arrivals: 'arrivals::float8',
        p50_ms: 'propagation_p50_ms',
        p90_ms: 'propagation_p90_ms',
        p95_ms: 'propagation_p95_ms',
        p99_ms: 'propagation_p99_ms',
        spread_ms: 'spread_p50_ms',
        bins: query.bins ? 'bins::text' : 'NULL',
      }));
      // Field by field: with rest and spread, ten thousand points take several times as long.
      const points = answer.points.map((point) => ({
        time: point.time,
        known_share: point.known_share,
        expected: point.expected,
        blocks: point.blocks,
        p50_ms: point.p50_ms,
        p90_ms: point.p90_ms,
        p95_ms: point.p95_ms,
        p99_ms: point.p99_ms,
        spread_ms: point.spread_ms,
        reach: shareOf(point.arrivals, point.expected_arrivals),
        ...(query.bins && { bins: point.bins === null ? null : numbersOf(point.bins) }),
      }));
      return { ...answer, points, groups: grouped?.groups ?? null, groups_share: grouped?.share ?? null };
    });
  }
}
