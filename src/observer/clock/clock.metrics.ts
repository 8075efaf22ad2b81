import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';

export const clockMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_clock_offset_seconds',
    help: 'How far the clock of this server is ahead of the database, in seconds. Absent until it was measured.',
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
