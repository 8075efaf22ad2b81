import { Injectable } from '@nestjs/common';
import { ClockAlarm, CollectorId, collectorNumber, DatabaseClock, WriterPool } from '../../storage/index.js';
import { ClockMetrics } from './clock.metrics.js';

/** Measures how far our clock is from the database's, and keeps that in `collector_clocks`. */
@Injectable()
export class ClockSamples {
  constructor(
    private readonly pool: WriterPool,
    private readonly collector: CollectorId,
    private readonly clock: DatabaseClock,
    private readonly metrics: ClockMetrics,
    private readonly alarm: ClockAlarm,
  ) {}

  /**
   * Measures anew.
   *
   * @throws errors of the database, and the signal's reason
   */
  async measure(signal: AbortSignal): Promise<void> {
    const { offset } = await this.pool.withClient((client) => this.clock.measure(client), signal);
    this.metrics.offsetIs(offset.offsetMs);
    this.alarm.offsetIs(offset);
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
}
