import { Inject, Injectable } from '@nestjs/common';
import { orAborted } from '../../platform/lifecycle/index.js';
import type { Batch } from '../../telemetry/index.js';
import { BatchSink } from '../batch-sink.port.js';
import { SinkError } from './sink.error.js';
import { SinkMetrics } from './sink.metrics.js';

/** Token: the sinks beside PostgreSQL. */
export const SINKS = Symbol('SINKS');

/** What a sink has to take a batch, before the attempt counts as failed: milliseconds. */
const ATTEMPT_LIMIT_MS = 30_000;

/** The sinks beside PostgreSQL, which get what is stored there. */
@Injectable()
export class OtherSinks {
  constructor(
    @Inject(SINKS) private readonly sinks: readonly BatchSink[],
    private readonly metrics: SinkMetrics,
  ) {}

  /** Whom a batch is owed to, once PostgreSQL has it. */
  creditors(): Set<BatchSink> {
    return new Set(this.sinks);
  }

  /**
   * Brings a batch to those that it is owed to, all at once. Who has taken it is no creditor any more.
   *
   * @throws SinkError of one that could not take it
   */
  async settle(batch: Batch, creditors: Set<BatchSink>, signal: AbortSignal): Promise<void> {
    const attempts = [...creditors].map(async (sink) => {
      await this.attempt(sink, batch, signal);
      creditors.delete(sink);
    });
    const failed = (await Promise.allSettled(attempts)).find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }

  /** The process ends, and these will not get a batch from it, nor from the journal. */
  lost(creditors: ReadonlySet<BatchSink>): void {
    for (const sink of creditors) this.metrics.lost(nameOf(sink));
  }

  /** Everybody is told of the end, whoever fails to come to it. */
  async close(): Promise<void> {
    await Promise.allSettled(this.sinks.map(async (sink) => await sink.close()));
  }

  private async attempt(sink: BatchSink, batch: Batch, signal: AbortSignal): Promise<void> {
    const limit = new AbortController();
    const giveUp = (): void => limit.abort(signal.reason);
    const timer = setTimeout(() => limit.abort(new Error('it did not finish within 30 s')), ATTEMPT_LIMIT_MS);
    signal.addEventListener('abort', giveUp, { once: true });
    const startedAt = performance.now();
    try {
      signal.throwIfAborted();
      // What it throws at once is a failure of the attempt as well.
      const store = async () => await sink.store(batch, limit.signal);
      const { duplicate, refused } = await orAborted(store(), limit.signal);
      this.metrics.took(nameOf(sink), duplicate ? 'duplicate' : 'stored', refused.length, startedAt);
    } catch (error) {
      this.metrics.failed(nameOf(sink));
      throw new SinkError(nameOf(sink), error);
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    }
  }
}

function nameOf(sink: BatchSink): string {
  return sink.constructor.name;
}
