import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { ClockAlarm, CollectorId, collectorNumber, DatabaseClock, WriterPool } from '../storage/index.js';

export const clockMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_clock_offset_seconds',
    help: 'Offset of the system clock from the database clock, in seconds, positive if it is ahead. Absent until measured.',
  }),
];

@Injectable()
export class ClockMetrics {
  constructor(@InjectMetric('tetcore_clock_offset_seconds') private readonly offset: Gauge) {
    // A gauge without labels begins with 0.
    this.offset.remove();
  }

  offsetIs(ms: number): void {
    this.offset.set(ms / 1000);
  }
}

/** Measures the offset of the system clock from the database's clock, and records it in `collector_clocks`. */
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
   * @throws errors of the database, and the signal's reason
   */
  async measure(signal: AbortSignal): Promise<void> {
    const { offset } = await this.pool.withClient((client) => this.clock.measure(client), signal);
    this.metrics.offsetIs(offset.offsetMs);
    this.alarm.offsetIs(offset);
  }

  /** Inserts a row with the current offset; none before the first measurement. */
  async record(signal: AbortSignal): Promise<void> {
    const { offset } = this.clock;
    if (offset === undefined) return;
    await this.pool.withClient(async (client) => {
      // It may have been renumbered.
      const number = await collectorNumber(client, this.collector.identity);
      await client.query(
        `INSERT INTO collector_clocks (collector, measured_at, offset_us, error_us)
         VALUES ($1, clock_timestamp(), $2, $3)`,
        [number, Math.round(offset.offsetMs * 1000), Math.round(offset.errorMs * 1000)],
      );
    }, signal);
  }
}
