import { Injectable } from '@nestjs/common';
import { ChainReads, readSeries } from '../chain-reads.js';
import { chainSpans } from '../chain-spans.js';
import type { FinalitySeries } from './series-answers.dto.js';
import type { SeriesQuery } from './series.dto.js';

interface Finality {
  best_height: number;
  finalized_height: number;
  lag_p50: number;
  lag_p90: number;
  lag_max: number;
  final_heights: number;
  time_to_finality_p50_ms: number;
  time_to_finality_p90_ms: number;
}

/** Reads how far finality is behind. */
@Injectable()
export class FinalityReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws see ChainReads.read */
  async series(chain: string, query: SeriesQuery): Promise<FinalitySeries> {
    return await this.reads.read(chain, query, async (read) => {
      const { answer } = await readSeries<Finality>(read, query, (resolution) => ({
        expected: 'nodes',
        best_height: 'best::float8',
        finalized_height: 'finalized::float8',
        lag_p50: 'lag_p50',
        lag_p90: 'lag_p90',
        lag_max: resolution === 'minute' ? 'lag_p50' : 'lag_max',
        final_heights: 'final_heights',
        time_to_finality_p50_ms: 'time_to_finality_p50_ms',
        time_to_finality_p90_ms: 'time_to_finality_p90_ms',
      }));
      return { ...answer, stalls: await chainSpans(read, 'finality_stall') };
    });
  }
}
