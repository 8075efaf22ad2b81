import { Inject, Injectable } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeHistogramProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Histogram } from 'prom-client';
import { withDeadline } from '../platform/async/index.js';
import type { Batch } from '../telemetry/index.js';
import { BatchSink } from './batch-sink.port.js';

export const sinkMetricProviders = [
  makeCounterProvider({
    name: 'tetcore_sink_batches_total',
    help: 'Batches delivered to a secondary sink, by outcome: stored, duplicate, failed (and retried) or lost.',
    labelNames: ['sink', 'outcome'],
  }),
  makeCounterProvider({
    name: 'tetcore_sink_messages_refused_total',
    help: 'Messages that a secondary sink rejected.',
    labelNames: ['sink'],
  }),
  makeHistogramProvider({
    name: 'tetcore_sink_write_seconds',
    help: 'Duration of a successful write to a secondary sink.',
    labelNames: ['sink'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
  }),
];

@Injectable()
export class SinkMetrics {
  constructor(
    @InjectMetric('tetcore_sink_batches_total') private readonly batches: Counter,
    @InjectMetric('tetcore_sink_messages_refused_total') private readonly refusals: Counter,
    @InjectMetric('tetcore_sink_write_seconds') private readonly writeTime: Histogram,
  ) {}

  /** @param startedAt by `performance.now()` */
  stored(sink: string, outcome: 'stored' | 'duplicate', rejected: number, startedAt: number): void {
    this.batches.inc({ sink, outcome });
    if (rejected > 0) this.refusals.inc({ sink }, rejected);
    this.writeTime.observe({ sink }, (performance.now() - startedAt) / 1000);
  }

  failed(sink: string): void {
    this.batches.inc({ sink, outcome: 'failed' });
  }

  lost(sink: string): void {
    this.batches.inc({ sink, outcome: 'lost' });
  }
}

/** A secondary sink failed to store a batch; `cause` is its error. */
class SinkError extends Error {
  override readonly name = 'SinkError';

  constructor(
    /** The name of its class. */
    readonly sink: string,
    cause: unknown,
  ) {
    super(`${sink}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** Injection token: readonly BatchSink[]. */
export const SECONDARY_SINKS = Symbol('SECONDARY_SINKS');

const WRITE_TIMEOUT_MS = 30_000;

/** The sinks of a team. They get every batch after PostgreSQL has stored it. */
@Injectable()
export class SecondarySinks {
  constructor(
    @Inject(SECONDARY_SINKS) private readonly sinks: readonly BatchSink[],
    private readonly metrics: SinkMetrics,
  ) {}

  all(): Set<BatchSink> {
    return new Set(this.sinks);
  }

  /**
   * Delivers a batch to the pending sinks in parallel, and removes those that have stored it.
   *
   * @throws SinkError of one that failed
   */
  async deliver(batch: Batch, pendingSinks: Set<BatchSink>, signal: AbortSignal): Promise<void> {
    const writes = [...pendingSinks].map(async (sink) => {
      await this.write(sink, batch, signal);
      pendingSinks.delete(sink);
    });
    const failed = (await Promise.allSettled(writes)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** The process stops, and these sinks will not get a batch that is in no journal. */
  lost(pendingSinks: ReadonlySet<BatchSink>): void {
    for (const sink of pendingSinks) this.metrics.lost(nameOf(sink));
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.sinks.map(async (sink) => await sink.close()));
  }

  private async write(sink: BatchSink, batch: Batch, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now();
    try {
      const store = (limit: AbortSignal) => sink.store(batch, limit);
      const { duplicate, rejected } = await withDeadline(WRITE_TIMEOUT_MS, store, signal);
      this.metrics.stored(nameOf(sink), duplicate ? 'duplicate' : 'stored', rejected.length, startedAt);
    } catch (error) {
      this.metrics.failed(nameOf(sink));
      throw new SinkError(nameOf(sink), error);
    }
  }
}

function nameOf(sink: BatchSink): string {
  return sink.constructor.name;
}
