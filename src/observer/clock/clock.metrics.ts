import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';

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
