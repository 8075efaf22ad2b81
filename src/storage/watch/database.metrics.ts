import { Injectable } from '@nestjs/common';
import { InjectMetric, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Gauge } from 'prom-client';
import { type TroubleKind, TROUBLES } from './database-trouble.js';

export const databaseMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_database_trouble',
    help: 'Whether the database does not do its part, by what is wrong: 1 or 0. Nodes are taken in all the same.',
    labelNames: ['kind'],
  }),
];

/** Whether the database does its part. */
@Injectable()
export class DatabaseMetrics {
  constructor(@InjectMetric('tetcore_database_trouble') private readonly gauge: Gauge) {
    this.troubleIs(undefined);
  }

  troubleIs(present: TroubleKind | undefined): void {
    for (const kind of TROUBLES) this.gauge.set({ kind }, kind === present ? 1 : 0);
  }
}
