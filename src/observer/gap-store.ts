import { Injectable } from '@nestjs/common';
import {
  COLLECTOR_DEAD_AFTER_MS,
  CollectorId,
  collectorNumber,
  microsecondsOf,
  WriterPool,
} from '../storage/index.js';
import { downGapId, type GapRecord } from './gaps.js';

/**
 * Several processes may record the same gap `down`: those that only see that the process has ended, and the one that
 * finds its folder. The earlier one of two ends is stored.
 */
const UPSERT = `
  INSERT INTO observer_gaps (id, collector, cause, began_at, ended_at)
  VALUES ($1, $2, $3, to_timestamp($4::float8 / 1000), to_timestamp($5::float8 / 1000))
  ON CONFLICT (id) DO UPDATE SET
    collector = EXCLUDED.collector,
    began_at = EXCLUDED.began_at,
    ended_at = CASE WHEN EXCLUDED.cause = 'down' THEN least(observer_gaps.ended_at, EXCLUDED.ended_at)
                    ELSE EXCLUDED.ended_at END`;

/** The table `observer_gaps`. */
@Injectable()
export class GapStore {
  constructor(
    private readonly pool: WriterPool,
    private readonly collector: CollectorId,
  ) {}

  /**
   * Inserts or updates gaps. Idempotent.
   *
   * @throws errors of the database, and the signal's reason: then some of them may be stored
   */
  async store(gaps: readonly GapRecord[], signal: AbortSignal): Promise<void> {
    await this.pool.withClient(async (client) => {
      for (const { id, collector, cause, began_ms: began, ended_ms: ended } of gaps) {
        const number = await collectorNumber(client, collector);
        await client.query(UPSERT, [
          id,
          number,
          cause,
          began,
          ended === null ? null : Math.max(began, ended),
        ]);
      }
    }, signal);
  }

  /** Removes the gap `down` of this process, which another recorded while this one could not reach the database. */
  async removeOwnDown(signal: AbortSignal): Promise<void> {
    const id = downGapId(this.collector.id);
    await this.pool.withClient(async (client) => {
      // On a distributed database a DELETE is more expensive than a SELECT.
      const { rowCount } = await client.query('SELECT FROM observer_gaps WHERE id = $1', [id]);
      if (rowCount !== 0) await client.query('DELETE FROM observer_gaps WHERE id = $1', [id]);
    }, signal);
  }
}

const MAX_ROWS = 1_000;

interface Silent {
  number: number;
  id: string;
  /** Its last heartbeat: microseconds since the epoch. */
  seen: number;
}

/**
 * Records gaps of other processes whose folder may never be found: begin with a precision of 15 s, and without an end.
 * A process that finds the folder replaces them by exact ones.
 */
@Injectable()
export class LostCollectors {
  /** Processes without a recent heartbeat at the last check, by id. */
  private silent = new Map<string, number>();

  constructor(
    private readonly pool: WriterPool,
    private readonly collector: CollectorId,
  ) {}

  /**
   * A process has ended if it has no heartbeat between two checks: after an outage of the database every process is
   * silent for a moment.
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

  /** A graceful stop is recorded by the process itself, or is in its folder. */
  private async unrecorded(signal: AbortSignal): Promise<Silent[]> {
    return await this.pool.withClient(async (client) => {
      const { rows } = await client.query<Silent>(
        `SELECT number, id, ${microsecondsOf('last_seen_at')} AS seen FROM collectors
          WHERE stopped_at IS NULL AND id <> $1 AND last_seen_at < now() - make_interval(secs => $2)
            AND NOT EXISTS (SELECT FROM observer_gaps WHERE observer_gaps.collector = number AND cause = 'down')
          ORDER BY last_seen_at DESC LIMIT ${MAX_ROWS.toString()}`,
        [this.collector.id, COLLECTOR_DEAD_AFTER_MS / 1000],
      );
      return rows;
    }, signal);
  }
}
