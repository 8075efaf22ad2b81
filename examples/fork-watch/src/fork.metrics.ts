import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider } from '@willsoto/nestjs-prometheus';
import { Counter } from 'prom-client';
import type { BlockKind } from './block.entity.js';

export const forkMetricProviders = [
  makeCounterProvider({
    name: 'fork_watch_forks_total',
    help: 'Heights at which nodes reported different blocks.',
    labelNames: ['kind'],
  }),
  makeCounterProvider({
    name: 'fork_watch_webhooks_total',
    help: 'Notifications about forks by outcome: posted, failed, or dropped because the queue was full.',
    labelNames: ['outcome'],
  }),
];

@Injectable()
export class ForkMetrics {
  constructor(
    @InjectMetric('fork_watch_forks_total') private readonly forks: Counter,
    @InjectMetric('fork_watch_webhooks_total') private readonly webhooks: Counter,
  ) {}

  found(kind: BlockKind): void {
    this.forks.inc({ kind });
  }

  webhook(outcome: 'posted' | 'failed' | 'dropped'): void {
    this.webhooks.inc({ outcome });
  }
}
