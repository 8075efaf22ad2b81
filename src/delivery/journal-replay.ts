import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Backoff } from '../platform/async/index.js';
import { Settings } from '../platform/config/index.js';
import {
  type BatchIdState,
  batchIdStateOf,
  markNoUnstoredBatchesIfCertain,
  WriterPool,
} from '../storage/index.js';
import type { AbandonedJournal } from './journal/index.js';
import { JournalService } from './journal.service.js';
import { DeliveryQueue } from './queue/delivery-queue.js';

/** While the database does not respond: a constant delay. */
const RETRY = { firstMs: 2_000, maxMs: 2_000 };

/** Stores the batches of abandoned journals: those of processes on this volume that have ended. */
@Injectable()
export class JournalReplay {
  private readonly logger = new Logger('Journal');
  private readonly abort = new AbortController();
  private replaying: Promise<void> | undefined;
  private isStarted = false;
  /** Called when a batch was stored, and on stop. */
  private onRoom: (() => void) | undefined;
  /**
   * Ids of processes whose journals are replayed and removed, which is not recorded in the database yet. After a directory
   * was lost, its successor has an id of its own: the process is not recorded, because the lost one may be restored.
   */
  private readonly replayed = new Set<string>();

  constructor(
    private readonly settings: Settings,
    private readonly journal: JournalService,
    private readonly queue: DeliveryQueue,
    private readonly pool: WriterPool,
  ) {}

  start(): void {
    this.isStarted = true;
    this.check();
  }

  /** Another process on the volume may end at any time. */
  @Interval(60_000)
  check(): void {
    if (!this.isStarted || this.abort.signal.aborted || this.replaying !== undefined) return;
    this.replaying = this.replayAll()
      .catch((error: unknown) => this.logger.error('The journals could not be replayed.', error))
      .finally(() => (this.replaying = undefined));
  }

  /** Queues no further batch. Resolves when the journal that is being read is closed. */
  async stop(): Promise<void> {
    this.abort.abort();
    this.onRoom?.();
    await this.replaying;
  }

  private async replayAll(): Promise<void> {
    await this.recordReplayed();
    for await (const journal of this.journal.abandonedJournals()) {
      await this.replay(journal);
      if (this.abort.signal.aborted) return;
    }
  }

  /** Queues at most one batch per writer at a time, so that new messages are not delayed by a long replay. */
  private async replay(journal: AbandonedJournal): Promise<void> {
    let queued = 0;
    let acknowledged = 0;
    let isRead = false;
    const collectors = new Set<string>();
    const { signal } = this.abort;
    const endIfDone = (): void => {
      if (!isRead || queued > 0) return;
      if (acknowledged > 0)
        this.logger.log(`Replayed ${acknowledged.toString()} batches of ${journal.path}.`);
      void this.ended(journal);
    };
    for await (const { entry, batch } of journal.batches()) {
      if (!collectors.has(batch.collector.id)) {
        const state = await this.batchIdStateOf(batch.collector.id);
        if (state === undefined) return;
        if (state === 'lost') {
          await journal.withhold(lostIds(batch.collector.id));
          return;
        }
        if (collectors.size === 0) {
          this.logger.log(`Replaying the journal ${journal.path} of an ended process.`);
        }
        collectors.add(batch.collector.id);
      }
      queued += 1;
      this.queue.pushReplayed(batch, () => {
        queued -= 1;
        acknowledged += 1;
        journal.done(entry);
        this.onRoom?.();
        endIfDone();
      });
      while (queued >= this.settings.NUM_THREADS && !signal.aborted) {
        await new Promise<void>((resolve) => (this.onRoom = resolve));
      }
      if (signal.aborted) return;
    }
    isRead = true;
    endIfDone();
  }

  /** Retries until the database responds; undefined if this process stops before. */
  private async batchIdStateOf(collector: string): Promise<BatchIdState | undefined> {
    const { signal } = this.abort;
    const backoff = new Backoff(RETRY);
    while (!signal.aborted) {
      try {
        return await this.pool.withClient((client) => batchIdStateOf(client, collector), signal);
      } catch (error) {
        this.logger.debug(`The replay of a journal waits for the database: ${String(error)}`);
        await backoff.wait(signal);
      }
    }
    return undefined;
  }

  private async ended(journal: AbandonedJournal): Promise<void> {
    await journal.release();
    if (!journal.removed) return;
    this.replayed.add(journal.id);
    await this.recordReplayed();
  }

  /** What fails or is not certain yet is retried at the next check. If this process ends before, `ingest_batches` keeps the ids. */
  private async recordReplayed(): Promise<void> {
    if (this.replayed.size === 0) return;
    try {
      const folders = await this.journal.folders();
      const recorded = await this.pool.withClient(
        (client) => markNoUnstoredBatchesIfCertain(client, [...this.replayed], folders),
        this.abort.signal,
      );
      for (const collector of recorded) this.replayed.delete(collector);
    } catch (error) {
      this.logger.debug(`The end of a replay could not be recorded yet: ${String(error)}`);
    }
  }
}

/** Why a journal is withheld: which of its batches are stored already is not known. */
function lostIds(collector: string): string {
  return (
    'the database has lost the ids of the batches that its process stored, so some of its messages might be ' +
    'stored twice. To store all of them, run INSERT INTO ingest_batches (id, collector) SELECT id, number FROM ' +
    `collectors WHERE id = '${collector}'; to discard them, remove the directory. See docs/failures.md.`
  );
}
