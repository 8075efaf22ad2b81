import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { Settings } from '../config/index.js';
import type { OrphanedJournal } from './journal/index.js';
import { JournalService } from './journal.service.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import { rowsOf } from './queue/queued-batch.js';

/** Stores what processes that have ended left in their journals. */
@Injectable()
export class JournalReplay {
  private readonly logger = new Logger('Journal');
  private replaying: Promise<void> | undefined;
  private readonly abort = new AbortController();
  private started = false;

  constructor(
    private readonly settings: Settings,
    private readonly journal: JournalService,
    private readonly queue: DeliveryQueue,
  ) {}

  start(): void {
    this.started = true;
    this.look();
  }

  /** A process on the same volume may end while we run. */
  @Interval(60_000)
  look(): void {
    if (!this.started || this.abort.signal.aborted || this.replaying !== undefined) return;
    this.replaying = this.replayAll()
      .catch((error: unknown) => this.logger.error('The journals could not be replayed.', error))
      .finally(() => (this.replaying = undefined));
  }

  /** Puts no more batches in line. The file that was being read is closed when this resolves. */
  async stop(): Promise<void> {
    this.abort.abort();
    await this.replaying;
  }

  private async replayAll(): Promise<void> {
    for await (const orphan of this.journal.orphans()) {
      if (orphan.bytes > 0) this.logger.log(`Storing what a process that has ended left in ${orphan.path}.`);
      await this.replay(orphan);
      if (this.abort.signal.aborted) return;
    }
  }

  /** Has as many batches in line as there are writers, so that what nodes send now does not wait for all of it. */
  private async replay(orphan: OrphanedJournal): Promise<void> {
    let inLine = 0;
    let replayed = 0;
    let onRoom: (() => void) | undefined;
    const { signal } = this.abort;
    signal.addEventListener('abort', () => onRoom?.(), { once: true });
    for await (const { entry, batch } of orphan.batches()) {
      inLine += 1;
      let held: typeof batch | undefined = batch;
      this.queue.pushReplayed(
        rowsOf(batch),
        () => (held === undefined ? orphan.read(entry) : Promise.resolve(held)),
        () => {
          held = undefined;
          inLine -= 1;
          replayed += 1;
          orphan.done(entry);
          onRoom?.();
        },
      );
      while (inLine >= this.settings.NUM_THREADS && !signal.aborted) {
        await new Promise<void>((resolve) => (onRoom = resolve));
      }
      if (signal.aborted) return;
    }
    if (replayed > 0) this.logger.log(`Stored ${replayed.toString()} batches of ${orphan.path}.`);
  }
}
