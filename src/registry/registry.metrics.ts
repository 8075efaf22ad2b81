import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';

export const registryMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_registry_rows',
    help: 'Rows of the tables chains and nodes at the last update.',
    labelNames: ['table'],
  }),
  makeGaugeProvider({
    name: 'tetcore_registry_last_pass_timestamp_seconds',
    help: 'Time of the last update of chains and nodes by any replica, by the database clock.',
  }),
  makeCounterProvider({
    name: 'tetcore_registry_failures_total',
    help: 'Failed updates of chains and nodes. The next update catches up.',
  }),
];

/** The registry of chains and nodes. What is not known is absent, rather than 0. */
@Injectable()
export class RegistryMetrics {
  constructor(
    @InjectMetric('tetcore_registry_rows') private readonly rows: Gauge<'table'>,
    @InjectMetric('tetcore_registry_last_pass_timestamp_seconds') private readonly lastPass: Gauge,
    @InjectMetric('tetcore_registry_failures_total') private readonly failures: Counter,
  ) {
    // A gauge without labels begins with 0.
    lastPass.remove();
  }

  /** @param state rows by table, and seconds since the epoch */
  is({ chains, nodes, passedAt }: { chains: number; nodes: number; passedAt: number | null }): void {
    this.rows.set({ table: 'chains' }, chains);
    this.rows.set({ table: 'nodes' }, nodes);
    if (passedAt !== null) this.lastPass.set(passedAt);
  }

  failed(): void {
    this.failures.inc();
  }
}
