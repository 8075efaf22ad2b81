import { Injectable } from '@nestjs/common';
import { InvalidParameterError } from '../../../platform/http/index.js';
import { microsecondsOf } from '../../../storage/index.js';
import { DAY_US } from '../../aggregate/index.js';
import { timeSql } from '../../tables/columns.js';
import { type ChainRead, ChainReads, type Fields, rangeAnswer } from '../chain-reads.js';
import type { ConnectivityAnswer } from './connectivity.dto.js';
import type { SeriesQuery } from './series.dto.js';
import { Buckets, expectedOf, pointsOf, type Resolution, RESOLUTIONS, rounded } from './series.js';

const MAX_DAYS = 120;
/** More minutes would be more than a megabyte. */
const MAX_DAYS_OF_MINUTES = 4;

/** By the primary key of the table. */
const bandsSql = (resolution: Resolution): string => {
  const { table, column } = RESOLUTIONS[resolution];
  return `
  SELECT ${microsecondsOf(column)} AS at, ${resolution === 'minute' ? '1' : 'peer_minutes'}::float8 AS minutes,
         peer_bands::float8[] AS nodes
    FROM ${table}
   WHERE chain_id = $1 AND ${column} >= ${timeSql('$2')} AND ${column} < ${timeSql('$3')} AND peer_bands IS NOT NULL`;
};

interface BandsRow {
  at: number;
  minutes: number;
  /** By band, summed over the minutes. */
  nodes: number[];
}

interface BandValues {
  bands: number[];
  p50: number;
}

/** Reads how many peers nodes have, compared with the most that they had. */
@Injectable()
export class ConnectivityReadModel {
  constructor(private readonly reads: ChainReads) {}

  /** @throws see ChainReads.read */
  async read(chain: string, { resolution, ...query }: SeriesQuery): Promise<Fields<ConnectivityAnswer>> {
    return await this.reads.read(chain, query, async (read) => {
      const days = (read.range.to - read.range.from) / DAY_US;
      const isLong = days > MAX_DAYS_OF_MINUTES;
      if (days > MAX_DAYS || (resolution === 'minute' && isLong)) throw tooLong(resolution);
      const buckets = Buckets.of(read.range, resolution === 'auto' && isLong ? 'hour' : resolution);
      const rows = (await bandsIn(read, buckets)).map((row) => ({ at: row.at, ...valuesOf(row) }));
      const points = pointsOf<BandValues>(buckets, ['bands', 'p50'], {
        rows,
        known: read.known,
        now: read.now,
      });
      return { ...rangeAnswer(read, expectedOf(points)), resolution: buckets.resolution, points };
    });
  }
}

function tooLong(resolution: Resolution | 'auto'): InvalidParameterError {
  const days = resolution === 'minute' ? MAX_DAYS_OF_MINUTES : MAX_DAYS;
  return new InvalidParameterError('start_time', `must be at most ${days.toString()} days before the end`);
}

async function bandsIn({ transaction, id }: ChainRead, buckets: Buckets): Promise<BandsRow[]> {
  return await transaction.query<BandsRow>(bandsSql(buckets.resolution), [id, buckets.from, buckets.to]);
}

function valuesOf({ minutes, nodes }: BandsRow): BandValues & { expected: number } {
  const total = nodes.reduce((sum, count) => sum + count, 0);
  return {
    expected: Math.round(total / minutes),
    bands: nodes.map((count) => rounded(count / total, 4)),
    p50: rounded(median(nodes, total), 3),
  };
}

/** As if the nodes of a band were spread evenly over it. */
function median(nodes: readonly number[], total: number): number {
  let left = total / 2;
  for (const [band, count] of nodes.entries()) {
    if (left <= count) return (band + left / count) / nodes.length;
    left -= count;
  }
  return 1;
}
