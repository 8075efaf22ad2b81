import { Injectable } from '@nestjs/common';
import { Settings } from '../../platform/config/index.js';
import { CollectorId, DatabaseClock } from '../../storage/index.js';
import type { NodeConnection } from '../socket/node-connection.js';
import { BatchQueue, type RejectedMessage } from './batch.js';
import { BatchBuilder, type BatchRow } from './batch-builder.js';

/** A batch is closed at this size whatever the number of its messages: network states are large. */
const MAX_BATCH_LENGTH = 4 * 1024 * 1024;

/** Collects messages into batches of `DB_BATCH_SIZE`, or fewer when `DB_SAVE_LATENCY_MS` have passed. */
@Injectable()
export class Batcher {
  private readonly open: BatchBuilder;
  private timer: NodeJS.Timeout | undefined;
  private keeping = false;
  /** How often parts that were kept were lost. */
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
      this.keepSoon();
    });
  }

  add(row: BatchRow, receivedAt: number): void {
    this.open.add(row, receivedAt);
    this.grown();
  }

  reject(message: RejectedMessage): void {
    this.open.reject(message);
    this.grown();
  }

  addNews(connection: NodeConnection): void {
    this.open.addNews(connection);
    this.grown();
  }

  /** Hands over what there is. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.open.empty) return;
    this.queue.push(this.open.build(this.clock.now()));
  }

  private grown(): void {
    const size = Math.max(this.open.size, this.open.newsSize);
    if (size >= this.settings.DB_BATCH_SIZE || this.open.length >= MAX_BATCH_LENGTH) {
      this.flush();
      return;
    }
    this.timer ??= setTimeout(() => this.flush(), this.settings.DB_SAVE_LATENCY_MS);
    this.keepSoon();
  }

  /** Once for all sockets that were read from in this turn of the event loop. */
  private keepSoon(): void {
    if (this.keeping || !this.queue.keepsParts) return;
    this.keeping = true;
    setImmediate(() => this.keep());
  }

  /** Where the queue loses the parts before this one, all of them are kept before anybody is told so. */
  private keep(): void {
    let before: number;
    do {
      before = this.losses;
      const part = this.open.part(this.clock.now());
      if (part !== undefined && this.queue.keep(part)) this.open.partKept();
    } while (this.losses > before);
    this.keeping = false;
  }
}
