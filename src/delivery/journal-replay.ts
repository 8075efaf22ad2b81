import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { setTimeout as sleep } from 'node:timers/promises';
import { Settings } from '../platform/config/index.js';
import { nothingHeldSurelyBy, type StoredBatches, storedBatchesOf, WriterPool } from '../storage/index.js';
import type { OrphanedJournal } from './journal/index.js';
import { JournalService } from './journal.service.js';
import { DeliveryQueue } from './queue/delivery-queue.js';
import { rowsOf } from './queue/queued-batch.js';

/** Between two tries to ask a database that does not answer: milliseconds. */
const RETRY_MS = 2_000;

/** Stores what processes that have ended left in their journals. */
@Injectable()
export class JournalReplay {
  private readonly logger = new Logger('Journal');
  private replaying: Promise<void> | undefined;
  private readonly abort = new AbortController();
  private started = false;
  /** Called when a batch is stored, and at the end. */
  private onRoom: (() => void) | undefined;
  /** Processes whose journals are stored and gone, which the database is still to be told. */
  private readonly over = new Set<string>();

  constructor(
    private readonly settings: Settings,
    private readonly journal: JournalService,
    private readonly queue: DeliveryQueue,
    private readonly pool: WriterPool,
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
    this.onRoom?.();
    await this.replaying;
  }

  private async replayAll(): Promise<void> {
    await this.tellOver();
    for await (const orphan of this.journal.orphans()) {
      await this.replay(orphan);
      if (this.abort.signal.aborted) return;
    }
  }

  /** Has as many batches in line as there are writers, so that what nodes send now does not wait for all of it. */
  private async replay(orphan: OrphanedJournal): Promise<void> {
    let inLine = 0;
    let replayed = 0;
    let offeredAll = false;
    const collectors = new Set<string>();
    const { signal } = this.abort;
    const endIfDone = (): void => {
      if (offeredAll && inLine === 0) void this.ended(orphan);
    };
    for await (const { entry, batch } of orphan.batches()) {
      if (!collectors.has(batch.collector.id)) {
        const stored = await this.storedBatchesOf(batch.collector.id);
        if (stored === undefined) return;
        if (stored === 'lost') {
          await orphan.withhold(lostIds(batch.collector.id));
          return;
        }
        if (collectors.size === 0) {
          this.logger.log(`Replaying the journal ${orphan.path} of an ended process.`);
        }
        collectors.add(batch.collector.id);
      }
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
          this.onRoom?.();
          endIfDone();
        },
      );
      while (inLine >= this.settings.NUM_THREADS && !signal.aborted) {
        await new Promise<void>((resolve) => (this.onRoom = resolve));
      }
      if (signal.aborted) return;
    }
    offeredAll = true;
    endIfDone();
    if (replayed > 0) this.logger.log(`Replayed ${replayed.toString()} batches of ${orphan.path}.`);
  }

  /** What the database knows of the batches of a process, as soon as it answers; undefined where this process ends. */
  private async storedBatchesOf(collector: string): Promise<StoredBatches | undefined> {
    const { signal } = this.abort;
    while (!signal.aborted) {
      try {
        return await this.pool.withClient((client) => storedBatchesOf(client, collector), signal);
      } catch (error) {
        this.logger.debug(`The replay of a journal waits for the database: ${String(error)}`);
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    return undefined;
  }

  private async ended(orphan: OrphanedJournal): Promise<void> {
    await orphan.release();
    if (!orphan.removed) return;
    this.over.add(orphan.id);
    await this.tellOver();
  }

  /** Where that fails, or is not sure yet, it is done with the next look; where this process ends before, their ids stay. */
  private async tellOver(): Promise<void> {
    const over = [...this.over];
    if (over.length === 0) return;
    try {
      const folders = await this.journal.folders();
      const said = await this.pool.withClient(
        (client) => nothingHeldSurelyBy(client, over, folders),
        this.abort.signal,
      );
      for (const collector of said) this.over.delete(collector);
    } catch (error) {
      this.logger.debug(`The end of a replay could not be recorded yet: ${String(error)}`);
    }
  }
}

/** Of a journal that is not stored, since what is stored of it already cannot be told from the rest. */
function lostIds(collector: string): string {
  return (
    'the database has lost the ids of the batches that its process stored, so some of its messages might be ' +
    'stored twice. To store all of them, run INSERT INTO ingest_batches (id, collector) SELECT id, number FROM ' +
    `collectors WHERE id = '${collector}'; to discard them, remove the directory. See docs/failures.md.`
  );
}
