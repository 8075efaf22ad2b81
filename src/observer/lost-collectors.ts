import { Injectable } from '@nestjs/common';
import { COLLECTOR_DEAD_AFTER_MS, CollectorId, microsecondsOf, WriterPool } from '../storage/index.js';
import { downGapId } from './gaps/gap.js';

/** Looked at in one go, at most. */
const CHUNK = 1_000;

interface Silent {
  number: number;
  id: string;
  /** When it was seen last: microseconds since the epoch. */
  seen: number;
}

/**
 * Records that other processes are gone, for those that never come back to their folder: since when is known to 15 s,
 * and the end is open. The process that finds the folder replaces that by what is exact.
 */
@Injectable()
export class LostCollectors {
  /** Those that were silent the last time, by id. */
  private silent = new Map<string, number>();

  constructor(
    private readonly pool: WriterPool,
    private readonly collector: CollectorId,
  ) {}

  /**
   * One that is silent twice in a row, without a sign in between, is gone: after an outage of the database every
   * process is silent for a moment.
   *
   * @returns how many were recorded
   */
  async record(signal: AbortSignal): Promise<number> {
    const found = await this.unrecorded(signal);
    const gone = found.filter(({ id, seen }) => this.silent.get(id) === seen);
    this.silent = new Map(found.map(({ id, seen }) => [id, seen]));
    if (gone.length === 0) return 0;
    const { rowCount } = await this.pool.withClient(
      (client) =>
        client.query(
          `INSERT INTO observer_gaps (id, collector, cause, began_at)
           SELECT gone.id, gone.number, 'down', to_timestamp(gone.seen / 1000000)
             FROM unnest($1::uuid[], $2::integer[], $3::float8[]) AS gone (id, number, seen)
           ON CONFLICT (id) DO NOTHING`,
          [
            gone.map(({ id }) => downGapId(id)),
            gone.map(({ number }) => number),
            gone.map(({ seen }) => seen),
          ],
        ),
      signal,
    );
    return rowCount ?? 0;
  }

  /** One that has stopped in order has recorded that itself, or its folder says so. */
  private async unrecorded(signal: AbortSignal): Promise<Silent[]> {
    return await this.pool.withClient(async (client) => {
      const { rows } = await client.query<Silent>(
        `SELECT number, id, ${microsecondsOf('last_seen_at')} AS seen FROM collectors
          WHERE stopped_at IS NULL AND id <> $1 AND last_seen_at < now() - make_interval(secs => $2)
            AND NOT EXISTS (SELECT FROM observer_gaps WHERE observer_gaps.collector = number AND cause = 'down')
          ORDER BY last_seen_at DESC LIMIT ${CHUNK.toString()}`,
        [this.collector.id, COLLECTOR_DEAD_AFTER_MS / 1000],
      );
      return rows;
    }, signal);
  }
}
