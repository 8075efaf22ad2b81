import { v7 as uuidv7 } from 'uuid';
import type { NodeConnection } from '../connection/node-connection.js';
import type { Batch, RejectedMessage } from './batch.js';
import type { RowText } from '../message/message-row.js';
import { RowBlockBuilder } from './row-block-builder.js';

/** A message that is ready to be stored. */
export interface BatchRow extends RowText {
  /** `logs` has nothing but ASCII. */
  ascii: boolean;
  audit: boolean;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

/** Collects what goes into one batch, and begins anew when that is built. */
export class BatchBuilder {
  private readonly expiring = new RowBlockBuilder();
  private readonly audit = new RowBlockBuilder();
  private readonly news = new Set<NodeConnection>();
  private rejected: RejectedMessage[] = [];
  private firstReceivedAt = Infinity;

  /** Messages, stored or rejected. */
  size = 0;
  /** Characters of the rows: about their bytes. */
  length = 0;

  get empty(): boolean {
    return this.size === 0 && this.news.size === 0;
  }

  add(row: BatchRow, receivedAt: number): void {
    (row.audit ? this.audit : this.expiring).add(row);
    this.count(row.head.length + row.logs.length, receivedAt);
  }

  reject(message: RejectedMessage): void {
    this.rejected.push(message);
    this.count(message.head.length, message.receivedAt);
  }

  /** The connection's row is to be written with this batch. */
  addNews(connection: NodeConnection): void {
    if (this.news.has(connection)) return;
    this.news.add(connection);
    this.length += connection.weight;
  }

  /** Connections whose rows are to be written. */
  get newsSize(): number {
    return this.news.size;
  }

  /** @param now milliseconds since the epoch */
  build(now: number): Batch {
    const batch: Batch = {
      id: uuidv7(),
      firstReceivedAt: Math.min(this.firstReceivedAt, now),
      sealedAt: now,
      expiring: this.expiring.build(),
      audit: this.audit.build(),
      connections: [...this.news].map((connection) => connection.snapshot(now)),
      rejected: this.rejected,
    };
    this.news.clear();
    this.rejected = [];
    this.firstReceivedAt = Infinity;
    this.size = 0;
    this.length = 0;
    return batch;
  }

  private count(length: number, receivedAt: number): void {
    this.size += 1;
    this.length += length;
    if (receivedAt < this.firstReceivedAt) this.firstReceivedAt = receivedAt;
  }
}
