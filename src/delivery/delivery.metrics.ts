import { Injectable } from '@nestjs/common';
import {
  InjectMetric,
  makeCounterProvider,
  makeGaugeProvider,
  makeHistogramProvider,
} from '@willsoto/nestjs-prometheus';
import { Counter, Gauge, Histogram } from 'prom-client';

export const deliveryMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_batches_total',
    help: 'Processed batches, by outcome: stored, or duplicate (already stored, not written again).',
    labelNames: ['outcome'],
  }),
  makeHistogramProvider({
    name: 'tetcore_batch_messages',
    help: 'Messages per batch.',
    buckets: [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536],
  }),
  makeHistogramProvider({
    name: 'tetcore_batch_write_seconds',
    help: 'Duration of a successful attempt to store a batch: connection, transaction and commit.',
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  }),
  makeHistogramProvider({
    name: 'tetcore_message_store_lag_seconds',
    help: 'Time from the first message of a batch to its commit.',
    buckets: [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600],
  }),
  makeCounterProvider({
    name: 'tetcore_batch_retries_total',
    help: 'Failed attempts to write a batch. Each is retried.',
  }),
  makeGaugeProvider({ name: 'tetcore_queue_batches', help: 'Queued batches that are not stored yet.' }),
  makeGaugeProvider({
    name: 'tetcore_queue_memory_bytes',
    help: 'Approximate memory used by queued batches, in bytes.',
  }),
  makeGaugeProvider({ name: 'tetcore_journal_bytes', help: 'Size of the journal on disk, in bytes.' }),
  makeGaugeProvider({
    name: 'tetcore_journal_batches',
    help: 'Batches in the journal that are not stored yet.',
  }),
  makeGaugeProvider({
    name: 'tetcore_journals_left_alone',
    help: 'Journals of other processes that are not replayed, because this version cannot read them or because the database has lost the ids of their batches. They stay on disk.',
  }),
  makeCounterProvider({
    name: 'tetcore_journal_damage_total',
    help: 'Damaged sections found in the journal. Their content is lost.',
  }),
  makeCounterProvider({
    name: 'tetcore_journal_damaged_messages_total',
    help: 'Messages lost in damaged sections of the journal, as far as their number can be read.',
  }),
  makeCounterProvider({
    name: 'tetcore_journal_moves_total',
    help: 'Times that the journal directory was removed or moved while the server was running and was created again.',
  }),
  makeCounterProvider({
    name: 'tetcore_journal_replayed_messages_total',
    help: 'Messages stored from journals of ended processes.',
  }),
];

export interface DeliveryGauges {
  batches: () => number;
  memoryBytes: () => number;
  journalBytes: () => number;
  journalBatches: () => number;
  journalsLeftAlone: () => number;
}

@Injectable()
export class DeliveryMetrics {
  private readonly gauges: Partial<DeliveryGauges> = {};

  constructor(
    @InjectMetric('tetcore_batches_total') private readonly batches: Counter,
    @InjectMetric('tetcore_batch_messages') private readonly messages: Histogram,
    @InjectMetric('tetcore_batch_write_seconds') private readonly writeTime: Histogram,
    @InjectMetric('tetcore_message_store_lag_seconds') private readonly lag: Histogram,
    @InjectMetric('tetcore_batch_retries_total') private readonly retries: Counter,
    @InjectMetric('tetcore_journal_damage_total') private readonly damage: Counter,
    @InjectMetric('tetcore_journal_damaged_messages_total') private readonly damagedMessages: Counter,
    @InjectMetric('tetcore_journal_moves_total') private readonly moves: Counter,
    @InjectMetric('tetcore_journal_replayed_messages_total') private readonly replays: Counter,
    @InjectMetric('tetcore_queue_batches') queueBatches: Gauge,
    @InjectMetric('tetcore_queue_memory_bytes') queueMemory: Gauge,
    @InjectMetric('tetcore_journal_bytes') journalBytes: Gauge,
    @InjectMetric('tetcore_journal_batches') journalBatches: Gauge,
    @InjectMetric('tetcore_journals_left_alone') journalsLeftAlone: Gauge,
  ) {
    this.collect(queueBatches, 'batches');
    this.collect(queueMemory, 'memoryBytes');
    this.collect(journalBytes, 'journalBytes');
    this.collect(journalBatches, 'journalBatches');
    this.collect(journalsLeftAlone, 'journalsLeftAlone');
  }

  /** Registers functions that return the values of gauges. */
  watch(gauges: Partial<DeliveryGauges>): void {
    Object.assign(this.gauges, gauges);
  }

  stored(
    outcome: 'stored' | 'duplicate',
    messages: number,
    { writeMs, lagMs }: { writeMs: number; lagMs: number },
  ): void {
    this.batches.inc({ outcome });
    this.messages.observe(messages);
    this.writeTime.observe(writeMs / 1000);
    this.lag.observe(Math.max(0, lagMs) / 1000);
  }

  retried(): void {
    this.retries.inc();
  }

  /** @param messages the minimum number of lost messages */
  damaged(messages = 0): void {
    this.damage.inc();
    this.damagedMessages.inc(messages);
  }

  journalMoved(): void {
    this.moves.inc();
  }

  replayed(messages: number): void {
    this.replays.inc(messages);
  }

  private collect(gauge: Gauge, name: keyof DeliveryGauges): void {
    // prom-client calls it before each scrape; the constructor's option cannot reach into the injector.
    Object.assign(gauge, { collect: () => gauge.set(this.gauges[name]?.() ?? 0) });
  }
}
