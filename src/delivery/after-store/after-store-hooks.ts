import { Inject, Injectable, Logger } from '@nestjs/common';
import { InjectMetric, makeCounterProvider, makeGaugeProvider } from '@willsoto/nestjs-prometheus';
import { Counter, Gauge } from 'prom-client';
import { OutageLog, withDeadline } from '../../platform/async/index.js';
import type { Batch, RejectedMessage } from '../../telemetry/index.js';
import { Fifo } from '../queue/fifo.js';
import { sizeOf } from '../queue/queued-batch.js';
import { AfterStoreHook } from './after-store-hook.port.js';
import { KnownNodes } from './known-nodes.js';
import { type StoredBatch, storedMessages } from './stored-messages.js';

/** `failed`: the hook threw. `dropped`: its queue was full, or the process stopped. */
type HookOutcome = 'handled' | 'failed' | 'dropped';

export const hookMetricProviders = [
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
export class HookMetrics {
  constructor(
    @InjectMetric('tetcore_stage_messages_total') private readonly messages: Counter,
    @InjectMetric('tetcore_stage_queue_bytes') private readonly queued: Gauge,
  ) {}

  count(hook: string, outcome: HookOutcome, messages: number): void {
    this.messages.inc({ stage: hook, outcome }, messages);
  }

  queuedBytes(hook: string, bytes: number): void {
    this.queued.set({ stage: hook }, bytes);
  }
}

interface QueueItem {
  stored: StoredBatch;
  /** Bytes. */
  size: number;
}

/** The queue of one hook, and the loop that calls it. Errors of the hook are logged and counted, and go no further. */
export class HookQueue {
  private readonly logger = new Logger('AfterStoreHooks');
  private readonly abort = new AbortController();
  private readonly queued = new Fifo<QueueItem>();
  // Read once: they may be getters of a team.
  private readonly name: string;
  private readonly types: ReadonlySet<string> | undefined;
  private readonly queueBytes: number;
  private bytes = 0;
  private running: Promise<void> | undefined;
  private readonly outage: OutageLog;
  private isDropping = false;

  constructor(
    private readonly hook: AfterStoreHook,
    private readonly nodes: KnownNodes,
    private readonly metrics: HookMetrics,
  ) {
    this.name = hook.name;
    this.types = hook.types;
    this.queueBytes = hook.queueBytes;
    this.outage = new OutageLog(this.logger, {
      begins: (reason) => `After-store hook ${this.name} failed: ${reason}`,
      ends: () => `After-store hook ${this.name} succeeds again.`,
    });
    metrics.queuedBytes(this.name, 0);
  }

  offer(stored: StoredBatch): void {
    const size = sizeOf(stored.batch);
    if (this.abort.signal.aborted || (this.bytes > 0 && this.bytes + size > this.queueBytes)) {
      this.metrics.count(this.name, 'dropped', rowsIn(stored));
      if (!this.isDropping)
        this.logger.warn(
          `After-store hook ${this.name} is too slow: its queue is full, and messages are dropped.`,
        );
      this.isDropping = true;
      return;
    }
    this.queued.push({ stored, size });
    this.addBytes(size);
    this.running ??= this.run();
  }

  /** Resolves when the queue is empty. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** Aborts the hook, and drops what is queued. */
  end(): void {
    this.abort.abort(new Error('the process is stopping'));
    for (let next = this.queued.shift(); next !== undefined; next = this.queued.shift()) {
      this.metrics.count(this.name, 'dropped', rowsIn(next.stored));
    }
  }

  private async run(): Promise<void> {
    // Not in the turn of the event loop in which the batch was stored: a slow hook would delay the writer.
    await new Promise(setImmediate);
    for (let next = this.queued.shift(); next !== undefined; next = this.queued.shift()) {
      await this.handle(next.stored);
      this.addBytes(-next.size);
      await new Promise(setImmediate);
    }
    this.running = undefined;
    this.caughtUp();
  }

  private async handle(stored: StoredBatch): Promise<void> {
    const rows = rowsIn(stored);
    try {
      const messages = storedMessages(stored, this.nodes, this.types);
      if (messages.length > 0) await this.hook.handle(messages, this.abort.signal);
      this.metrics.count(this.name, 'handled', rows);
      if (messages.length > 0) this.outage.succeeded();
    } catch (error) {
      this.metrics.count(this.name, 'failed', rows);
      this.outage.failed(describe(error));
    }
  }

  private caughtUp(): void {
    if (this.isDropping) this.logger.log(`After-store hook ${this.name} has caught up.`);
    this.isDropping = false;
  }

  private addBytes(bytes: number): void {
    this.bytes += bytes;
    this.metrics.queuedBytes(this.name, this.bytes);
  }
}

function rowsIn({ batch, rejected }: StoredBatch): number {
  return batch.expiring.rows + batch.audit.rows - rejected.length;
}

/** A hook may throw anything, also an object whose conversion to a string throws. */
function describe(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return 'an error without a text';
  }
}

/** Injection token: readonly AfterStoreHook[]. */
export const AFTER_STORE_HOOKS = Symbol('AFTER_STORE_HOOKS');

/** Passes stored batches to the hooks of a team. */
@Injectable()
export class AfterStoreHooks {
  private readonly nodes = new KnownNodes();
  private readonly queues: readonly HookQueue[];

  constructor(@Inject(AFTER_STORE_HOOKS) hooks: readonly AfterStoreHook[], metrics: HookMetrics) {
    this.queues = hooks.map((hook) => new HookQueue(hook, this.nodes, metrics));
  }

  /** To be called before a batch is stored: batches of the same nodes may be stored before it. */
  learnNodes({ connections }: Batch): void {
    if (this.queues.length > 0) this.nodes.learn(connections);
  }

  /**
   * To be called when a batch is stored, now or by an earlier attempt.
   *
   * @param rejected its messages that the database rejected
   * @param receivedAs its collector's number at the time of `learnNodes`: the batch may have been renumbered since
   */
  stored(batch: Batch, rejected: readonly RejectedMessage[], receivedAs: number): void {
    for (const queue of this.queues) queue.offer({ batch, rejected, receivedAs });
  }

  /** Waits for the hooks to handle what is queued, and aborts them after the limit. */
  async end(limitMs: number): Promise<void> {
    const idle = () => Promise.all(this.queues.map((queue) => queue.idle()));
    await withDeadline(limitMs, idle).catch(() => undefined);
    for (const queue of this.queues) queue.end();
  }
}
