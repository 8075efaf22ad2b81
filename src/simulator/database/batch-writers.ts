import type { BatchSink } from '../../delivery/index.js';
import type { Batch } from '../../telemetry/index.js';
import { WriteError } from './history.errors.js';
import { withPatience } from './with-patience.js';

/** Stores batches, several at the same time. */
export class BatchWriters {
  /** Messages that are stored, and messages that the database refused. */
  stored = 0;
  refused = 0;
  private readonly running = new Set<Promise<void>>();
  private failure: Error | undefined;

  /**
   * @param limit how many batches are under way at the same time, at most
   * @param stop once it is aborted, what fails is not waited for
   */
  constructor(
    private readonly sink: Pick<BatchSink, 'store'>,
    private readonly limit: number,
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Begins to store a batch, and resolves when there is room for another one.
   *
   * @throws WriteError where this one or one before cannot be stored
   */
  async store(batch: Batch): Promise<void> {
    this.throwIfFailed();
    const task = this.deliver(batch)
      .catch((error: unknown) => {
        this.failure ??= new WriteError(error);
      })
      .finally(() => this.running.delete(task));
    this.running.add(task);
    if (this.running.size >= this.limit) await Promise.race(this.running);
    this.throwIfFailed();
  }

  /** Resolves when everything is stored; throws as `store` does. */
  async drain(): Promise<void> {
    await Promise.all(this.running);
    this.throwIfFailed();
  }

  private async deliver(batch: Batch): Promise<void> {
    // A batch that is under way is not given up: only then it is known to be stored.
    const never = new AbortController().signal;
    const { rejected } = await withPatience(() => this.sink.store(batch, never), {
      what: 'A batch',
      stop: this.stop,
      isPointless: () => this.failure !== undefined,
    });
    this.refused += rejected.length;
    this.stored += batch.expiring.rows + batch.audit.rows - rejected.length;
  }

  private throwIfFailed(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
