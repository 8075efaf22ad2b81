import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import { CollectorId, DatabaseClock } from '../../storage/index.js';
import type { NodeConnection } from '../socket/node-connection.js';
import { BatchQueue, type RejectedMessage } from './batch.js';
import { BatchBuilder, type BatchRow } from './batch-builder.js';

/** At about this size a batch is closed whatever the number of its messages: network states are large. */
const MAX_BATCH_BYTES = 4 * 1024 * 1024;

/** Collects messages into batches of `DB_BATCH_SIZE`, or fewer after `DB_SAVE_LATENCY_MS`. */
@Injectable()
export class Batcher {
  private readonly open: BatchBuilder;
  private timer: NodeJS.Timeout | undefined;
  private isJournaling = false;
  /** How often journaled parts were lost. */
  private losses = 0;

  constructor(
    private readonly settings: Settings,
    private readonly queue: BatchQueue,
    collector: CollectorId,
    private readonly clock: DatabaseClock,
  ) {
    this.open = new BatchBuilder(collector);
    queue.onPartsLost(() => {
      this.open.partsLost();
      this.losses += 1;
      this.scheduleJournaling();
    });
  }

  add(row: BatchRow, receivedAt: number): void {
    this.open.add(row, receivedAt);
    this.onGrowth();
  }

  reject(message: RejectedMessage): void {
    this.open.reject(message);
    this.onGrowth();
  }

  addConnection(connection: NodeConnection): void {
    this.open.addConnection(connection);
    this.onGrowth();
  }

  /** Closes the open batch and pushes it to the queue. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.open.empty) return;
    this.queue.push(this.open.build(this.clock.now()));
  }

  private onGrowth(): void {
    const size = Math.max(this.open.messages, this.open.connectionCount);
    if (size >= this.settings.DB_BATCH_SIZE || this.open.approximateBytes >= MAX_BATCH_BYTES) {
      this.flush();
      return;
    }
    this.timer ??= setTimeout(() => this.flush(), this.settings.DB_SAVE_LATENCY_MS);
    this.scheduleJournaling();
  }

  /** Once for all messages of this turn of the event loop. */
  private scheduleJournaling(): void {
    if (this.isJournaling || !this.queue.journalsParts) return;
    this.isJournaling = true;
    setImmediate(() => this.journalParts());
  }

  /** If the queue loses earlier parts meanwhile, all of the batch is journaled again at once. */
  private journalParts(): void {
    let before: number;
    do {
      before = this.losses;
      const part = this.open.part(this.clock.now());
      if (part !== undefined && this.queue.journalPart(part)) this.open.partJournaled();
    } while (this.losses > before);
    this.isJournaling = false;
  }
}
