import { Injectable } from '@nestjs/common';
import { CollectorId, collectorNumber, WriterPool } from '../../storage/index.js';
import { downGapId } from './gap.js';
import type { GapRecord } from './gap-record.js';

/**
 * Several processes may record the same gap `down`: those that only see that the process is gone, and the one that finds
 * its folder. Of two ends the earlier one counts.
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
   * Writes gaps, or what has changed of them. To repeat that changes nothing.
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

  /** Removes what another process recorded while this one could not reach the database: it is not down. */
  async removeOwnDown(signal: AbortSignal): Promise<void> {
    const id = downGapId(this.collector.id);
    await this.pool.withClient(async (client) => {
      // On a distributed database a DELETE costs more than asking first.
      const { rowCount } = await client.query('SELECT FROM observer_gaps WHERE id = $1', [id]);
      if (rowCount !== 0) await client.query('DELETE FROM observer_gaps WHERE id = $1', [id]);
    }, signal);
  }
}
