import { Injectable } from '@nestjs/common';
import type { ClientBase } from 'pg';
import { CollectorId, collectorNumber, microsecondsOf, WriterPool } from '../../storage/index.js';
import { ClockMetrics } from './clock.metrics.js';
import { LocalClock } from './local-clock.js';
import { ObserverClock } from './observer-clock.js';

/** Asked in a row: one with a short round trip is among them also on a busy line. */
const SAMPLES = 4;

/** Asks the database what time it is, and keeps in `collector_clocks` how far ours is off. */
@Injectable()
export class ClockSamples {
  constructor(
    private readonly pool: WriterPool,
    private readonly collector: CollectorId,
    private readonly local: LocalClock,
    private readonly clock: ObserverClock,
    private readonly metrics: ClockMetrics,
  ) {}

  /**
   * Measures anew.
   *
   * @throws errors of the database, and the signal's reason
   */
  async measure(signal: AbortSignal): Promise<void> {
    await this.pool.withClient(async (client) => {
      for (let count = 0; count < SAMPLES; count += 1) await this.sample(client);
    }, signal);
    if (this.clock.offset !== undefined) this.metrics.offsetIs(this.clock.offset.offsetMs);
  }

  /** Adds a row with the offset as it is known; none before the first measurement. */
  async record(signal: AbortSignal): Promise<void> {
    const { offset } = this.clock;
    if (offset === undefined) return;
    await this.pool.withClient(async (client) => {
      // It may not be the one that this process drew.
      const number = await collectorNumber(client, this.collector.identity);
      await client.query(
        `INSERT INTO collector_clocks (collector, measured_at, offset_us, error_us)
         VALUES ($1, clock_timestamp(), $2, $3)`,
        [number, Math.round(offset.offsetMs * 1000), Math.round(offset.errorMs * 1000)],
      );
    }, signal);
  }

  private async sample(client: ClientBase): Promise<void> {
    const before = this.local.monotonicMs();
    const { rows } = await client.query<{ now: number }>(
      `SELECT ${microsecondsOf('clock_timestamp()')} AS now`,
    );
    const after = this.local.monotonicMs();
    if (rows[0] !== undefined) this.clock.add(before, after, rows[0].now / 1000);
  }
}
