import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';

export const networkMetricProviders = [
  makeGaugeProvider({
    name: 'tetcore_network_chains',
    help: 'Chains whose current state is in memory because a client requested it.',
  }),
  makeGaugeProvider({ name: 'tetcore_network_nodes', help: 'Nodes of the chains in memory.' }),
  makeCounterProvider({
    name: 'tetcore_network_fills_total',
    help: 'Reads of the complete state of a chain, by outcome.',
    labelNames: ['outcome'],
  }),
  makeHistogramProvider({
    name: 'tetcore_network_update_seconds',
    help: 'Duration of reading the changes of all chains in memory.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15, 60],
  }),
];

/** Metrics of views and their updates. */
@Injectable()
export class NetworkMetrics {
  constructor(
    @InjectMetric('tetcore_network_chains') private readonly chains: Gauge,
    @InjectMetric('tetcore_network_nodes') private readonly nodes: Gauge,
    @InjectMetric('tetcore_network_fills_total') private readonly fills: Counter<'outcome'>,
    @InjectMetric('tetcore_network_update_seconds') private readonly updates: Histogram,
  ) {
    for (const outcome of ['done', 'failed']) fills.inc({ outcome }, 0);
  }

  inMemory(chains: number, nodes: number): void {
    this.chains.set(chains);
    this.nodes.set(nodes);
  }

  filled(done: boolean): void {
    this.fills.inc({ outcome: done ? 'done' : 'failed' });
  }

  updated(seconds: number): void {
    this.updates.observe(seconds);
  }
}
