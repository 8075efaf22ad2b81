import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import {
  type CollectorIdentity,
  type ConnectionSnapshot,
  type MessageHead,
  TUPLE_HEAD_BYTES,
} from '../../storage/index.js';
import type { NodeConnection } from '../socket/node-connection.js';
import type { Batch, RejectedMessage } from './batch.js';
import { RowBlockBuilder } from './row-block-builder.js';

/** A message that is ready to be stored. */
export interface BatchRow extends MessageHead {
  /** JSON. */
  logs: string;
  /** `logs` has nothing but ASCII. */
  ascii: boolean;
  audit: boolean;
}

/** Collects what goes into one batch, and begins anew when that is built. */
export class BatchBuilder {
  private readonly expiring = new RowBlockBuilder();
  private readonly audit = new RowBlockBuilder();
  private readonly news = new Set<NodeConnection>();
  /** Those with something that is in no part that was kept. */
  private readonly untold = new Set<NodeConnection>();
  private rejected: RejectedMessage[] = [];
  private partsRejected = 0;
  private readonly ids = new BatchIds();
  private id: string | undefined;
  private firstReceivedAt = Infinity;

  /** Messages, stored or rejected. */
  size = 0;
  /** Characters of the rows: about their bytes. */
  length = 0;

  get empty(): boolean {
    return this.size === 0 && this.news.size === 0;
  }

  /** @param collector the process */
  constructor(private readonly collector: { readonly identity: CollectorIdentity }) {}

  /** @param receivedAt milliseconds since the epoch */
  add(row: BatchRow, receivedAt: number): void {
    (row.audit ? this.audit : this.expiring).add(row, row.logs, row.ascii);
    this.count(TUPLE_HEAD_BYTES + row.logs.length, receivedAt);
  }

  reject(message: RejectedMessage): void {
    this.rejected.push(message);
    this.count(message.head.length, message.receivedAt);
  }

  /** The connection's row is to be written with this batch. */
  addNews(connection: NodeConnection): void {
    this.untold.add(connection);
    if (this.news.has(connection)) return;
    this.news.add(connection);
    this.length += connection.weight;
  }

  /** Connections whose rows are to be written. */
  get newsSize(): number {
    return this.news.size;
  }

  /**
   * What came since the part that was kept last; undefined where that is nothing. It shares the memory of the rows.
   *
   * @param now milliseconds since the epoch
   */
  part(now: number): Batch | undefined {
    const expiring = this.expiring.part();
    const audit = this.audit.part();
    const rejected = this.rejected.slice(this.partsRejected);
    if (expiring.rows + audit.rows + rejected.length + this.untold.size === 0) return undefined;
    return { ...this.envelope(now), expiring, audit, connections: snapshots(this.untold, now), rejected };
  }

  /** The part that was given last is kept: the next one begins behind it. */
  partKept(): void {
    this.expiring.partKept();
    this.audit.partKept();
    this.partsRejected = this.rejected.length;
    this.untold.clear();
  }

  /** Parts that were kept are lost: the next one has all that there is. */
  partsLost(): void {
    this.expiring.partsLost();
    this.audit.partsLost();
    this.partsRejected = 0;
    for (const connection of this.news) this.untold.add(connection);
  }

  /** @param now milliseconds since the epoch */
  build(now: number): Batch {
    const batch: Batch = {
      ...this.envelope(now),
      expiring: this.expiring.build(),
      audit: this.audit.build(),
      connections: snapshots(this.news, now),
      rejected: this.rejected,
    };
    this.id = undefined;
    this.news.clear();
    this.untold.clear();
    this.rejected = [];
    this.partsRejected = 0;
    this.firstReceivedAt = Infinity;
    this.size = 0;
    this.length = 0;
    return batch;
  }

  private envelope(now: number): Pick<Batch, 'id' | 'collector' | 'firstReceivedAt' | 'sealedAt'> {
    this.id ??= this.ids.next(now);
    const collector = this.collector.identity;
    return { id: this.id, collector, firstReceivedAt: Math.min(this.firstReceivedAt, now), sealedAt: now };
  }

  private count(length: number, receivedAt: number): void {
    this.size += 1;
    this.length += length;
    if (receivedAt < this.firstReceivedAt) this.firstReceivedAt = receivedAt;
  }
}

function snapshots(connections: ReadonlySet<NodeConnection>, now: number): ConnectionSnapshot[] {
  return [...connections].map((connection) => connection.snapshot(now));
}

/** Of the counter within a millisecond, which has 32 bits. It begins in the lower half, so that it does not overflow. */
const SEQUENCE_START = 2 ** 31;

/**
 * Ids of batches: UUIDv7, by the clock that it is given, each above the one before also when that clock is set back.
 */
export class BatchIds {
  private msecs = -Infinity;
  private seq = 0;

  /** @param now whole milliseconds since the epoch */
  next(now: number): string {
    if (now > this.msecs) {
      this.msecs = now;
      this.seq = randomInt(SEQUENCE_START);
    } else {
      this.seq += 1;
      if (this.seq === 2 ** 32) {
        this.msecs += 1;
        this.seq = 0;
      }
    }
    return uuidv7({ msecs: this.msecs, seq: this.seq });
  }
}
