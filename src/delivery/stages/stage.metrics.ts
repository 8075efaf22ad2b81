import { Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';

/** `handled`; `failed`, as the stage threw; `dropped`, as its queue was full or the process ended. */
export type StageOutcome = 'handled' | 'failed' | 'dropped';

export const stageMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_stage_messages_total',
    help: 'Stored messages passed to an after-store hook, by outcome: handled, failed or dropped.',
    labelNames: ['stage', 'outcome'],
  }),
  makeGaugeProvider({
    name: 'tetcore_stage_queue_bytes',
    help: 'Messages queued for an after-store hook, in bytes.',
    labelNames: ['stage'],
  }),
];

@Injectable()
export class StageMetrics {
  constructor(
    @InjectMetric('tetcore_stage_messages_total') private readonly messages: Counter,
    @InjectMetric('tetcore_stage_queue_bytes') private readonly queued: Gauge,
  ) {}

  count(stage: string, outcome: StageOutcome, messages: number): void {
    this.messages.inc({ stage, outcome }, messages);
  }

  waits(stage: string, bytes: number): void {
    this.queued.set({ stage }, bytes);
  }
}
