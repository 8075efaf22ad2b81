import { v7 as uuidv7 } from 'uuid';
import type { NodeConnection } from '../connection/node-connection.js';
import type { Batch, RejectedMessage, RowBlock } from './batch.js';

/** A message that is ready to be stored. */
export interface BatchRow {
  /** Its line in COPY's text format, with the line feed. */
  line: string;
  audit: boolean;
  /** Milliseconds since the epoch. */
  createdAt: number;
}

class RowBlockBuilder {
  private readonly lines: string[] = [];
  private oldest = Infinity;
  private newest = -Infinity;

  add(line: string, createdAt: number): void {
    this.lines.push(line);
    if (createdAt < this.oldest) this.oldest = createdAt;
    if (createdAt > this.newest) this.newest = createdAt;
  }

  build(): RowBlock {
    const rows = this.lines.length;
    return {
      rows,
      text: Buffer.from(this.lines.join('')),
      oldest: rows === 0 ? 0 : this.oldest,
      newest: rows === 0 ? 0 : this.newest,
    };
  }
}

/** Collects what goes into one batch. */
export class BatchBuilder {
  private readonly expiring = new RowBlockBuilder();
  private readonly audit = new RowBlockBuilder();
  private readonly rejected: RejectedMessage[] = [];
  private readonly news = new Set<NodeConnection>();
  private firstReceivedAt = Infinity;

  /** Messages, stored or rejected. */
  size = 0;
  /** Characters of the rows: about their bytes. */
  length = 0;

  get empty(): boolean {
    return this.size === 0 && this.news.size === 0;
  }

  add(row: BatchRow, receivedAt: number): void {
    (row.audit ? this.audit : this.expiring).add(row.line, row.createdAt);
    this.count(row.line.length, receivedAt);
  }

  reject(message: RejectedMessage): void {
    this.rejected.push(message);
    this.count(message.head.length, message.receivedAt);
  }

  /** The connection's row is to be written with this batch. */
  addNews(connection: NodeConnection): void {
    this.news.add(connection);
  }

  build(now: number): Batch {
    return {
      id: uuidv7(),
      firstReceivedAt: Math.min(this.firstReceivedAt, now),
      sealedAt: now,
      expiring: this.expiring.build(),
      audit: this.audit.build(),
      connections: [...this.news].map((connection) => connection.snapshot(now)),
      rejected: this.rejected,
    };
  }

  private count(length: number, receivedAt: number): void {
    this.size += 1;
    this.length += length;
    if (receivedAt < this.firstReceivedAt) this.firstReceivedAt = receivedAt;
  }
}
