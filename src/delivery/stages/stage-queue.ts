import { Logger } from '@nestjs/common';
import { Fifo } from '../queue/fifo.js';
import { sizeOf } from '../queue/queued-batch.js';
import type { KnownNodes } from './known-nodes.js';
import type { StageMetrics } from './stage.metrics.js';
import { type StoredBatch, storedMessages } from './stored-messages.js';
import type { StoredStage } from './stored-stage.port.js';

interface Waiting {
  stored: StoredBatch;
  /** Bytes. */
  size: number;
}

/** What waits for one stage, and the loop that brings it there. Nothing that the stage does gets out of here. */
export class StageQueue {
  private readonly logger = new Logger('Stages');
  private readonly abort = new AbortController();
  private readonly waiting = new Fifo<Waiting>();
  // Read once, since they are a team's own code.
  private readonly name: string;
  private readonly types: ReadonlySet<string> | undefined;
  private readonly queueBytes: number;
  private bytes = 0;
  private running: Promise<void> | undefined;
  private fails = false;
  private drops = false;

  constructor(
    private readonly stage: StoredStage,
    private readonly nodes: KnownNodes,
    private readonly metrics: StageMetrics,
  ) {
    this.name = stage.name;
    this.types = stage.types;
    this.queueBytes = stage.queueBytes;
    metrics.waits(this.name, 0);
  }

  offer(stored: StoredBatch): void {
    const size = sizeOf(stored.batch);
    if (this.abort.signal.aborted || (this.bytes > 0 && this.bytes + size > this.queueBytes)) {
      this.metrics.count(this.name, 'dropped', rowsIn(stored));
      if (!this.drops) this.logger.warn(`${this.name} is too slow: its queue is full, and messages are dropped.`);
      this.drops = true;
      return;
    }
    this.waiting.push({ stored, size });
    this.wait(size);
    this.running ??= this.run();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running !== undefined) await this.running;
  }

  /** The stage is told to give up, and what waits is left out. */
  end(): void {
    this.abort.abort(new Error('the process is stopping'));
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      this.metrics.count(this.name, 'dropped', rowsIn(next.stored));
    }
  }

  private async run(): Promise<void> {
    // A stage that works in the turn in which a batch is stored would hold up whoever stores.
    await new Promise(setImmediate);
    for (let next = this.waiting.shift(); next !== undefined; next = this.waiting.shift()) {
      await this.handle(next.stored);
      this.wait(-next.size);
      await new Promise(setImmediate);
    }
    this.running = undefined;
    this.caughtUp();
  }

  private async handle(stored: StoredBatch): Promise<void> {
    const rows = rowsIn(stored);
    try {
      const messages = storedMessages(stored, this.nodes, this.types);
      if (messages.length > 0) await this.stage.handle(messages, this.abort.signal);
      this.metrics.count(this.name, 'handled', rows);
      if (messages.length > 0) this.works();
    } catch (error) {
      this.metrics.count(this.name, 'failed', rows);
      if (!this.fails) this.logger.warn(`${this.name} failed: ${describe(error)}`);
      this.fails = true;
    }
  }

  private works(): void {
    if (this.fails) this.logger.log(`${this.name} works again.`);
    this.fails = false;
  }

  private caughtUp(): void {
    if (this.drops) this.logger.log(`${this.name} has caught up.`);
    this.drops = false;
  }

  private wait(bytes: number): void {
    this.bytes += bytes;
    this.metrics.waits(this.name, this.bytes);
  }
}

function rowsIn({ batch, refused }: StoredBatch): number {
  return batch.expiring.rows + batch.audit.rows - refused.length;
}

/** Whatever was thrown: an object may have no text, or throw when it is asked for it. */
function describe(error: unknown): string {
  try {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } catch {
    return 'an error without a text';
  }
}
