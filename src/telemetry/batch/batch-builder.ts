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

/** A message as it is stored. */
export interface BatchRow extends MessageHead {
  /** JSON. */
  logs: string;
  /** Whether `logs` is ASCII. */
  ascii: boolean;
  audit: boolean;
}

/** Builds one batch after the other. */
export class BatchBuilder {
  private readonly expiring = new RowBlockBuilder();
  private readonly audit = new RowBlockBuilder();
  private readonly connections = new Set<NodeConnection>();
  /** Those that changed since the last journaled part. */
  private readonly unjournaled = new Set<NodeConnection>();
  private rejected: RejectedMessage[] = [];
  private journaledRejected = 0;
  private readonly ids = new BatchIds();
  private id: string | undefined;
  private firstReceivedAt = Infinity;

  /** Messages, including rejected ones. */
  messages = 0;
  /** Characters of the rows. */
  approximateBytes = 0;

  get empty(): boolean {
    return this.messages === 0 && this.connections.size === 0;
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

  /** The row of the connection is written with this batch. */
  addConnection(connection: NodeConnection): void {
    this.unjournaled.add(connection);
    if (this.connections.has(connection)) return;
    this.connections.add(connection);
    this.approximateBytes += connection.rowBytes;
  }

  /** Connections whose rows are written with this batch. */
  get connectionCount(): number {
    return this.connections.size;
  }

  /**
   * The messages and connections since the last journaled part; undefined where there are none. It shares the memory of
   * the rows.
   *
   * @param now milliseconds since the epoch
   */
  part(now: number): Batch | undefined {
    const expiring = this.expiring.part();
    const audit = this.audit.part();
    const rejected = this.rejected.slice(this.journaledRejected);
    if (expiring.rows + audit.rows + rejected.length + this.unjournaled.size === 0) return undefined;
    return {
      ...this.header(now),
      expiring,
      audit,
      connections: snapshots(this.unjournaled, now),
      rejected,
    };
  }

  /** The last part is journaled: the next one starts after it. */
  partJournaled(): void {
    this.expiring.partJournaled();
    this.audit.partJournaled();
    this.journaledRejected = this.rejected.length;
    this.unjournaled.clear();
  }

  /** Journaled parts are lost: the next one has the whole batch. */
  partsLost(): void {
    this.expiring.partsLost();
    this.audit.partsLost();
    this.journaledRejected = 0;
    for (const connection of this.connections) this.unjournaled.add(connection);
  }

  /** @param now milliseconds since the epoch */
  build(now: number): Batch {
    const batch: Batch = {
      ...this.header(now),
      expiring: this.expiring.build(),
      audit: this.audit.build(),
      connections: snapshots(this.connections, now),
      rejected: this.rejected,
    };
    this.id = undefined;
    this.connections.clear();
    this.unjournaled.clear();
    this.rejected = [];
    this.journaledRejected = 0;
    this.firstReceivedAt = Infinity;
    this.messages = 0;
    this.approximateBytes = 0;
    return batch;
  }

  private header(now: number): Pick<Batch, 'id' | 'collector' | 'firstReceivedAt' | 'sealedAt'> {
    this.id ??= this.ids.next(now);
    const collector = this.collector.identity;
    return { id: this.id, collector, firstReceivedAt: Math.min(this.firstReceivedAt, now), sealedAt: now };
  }

  private count(bytes: number, receivedAt: number): void {
    this.messages += 1;
    this.approximateBytes += bytes;
    if (receivedAt < this.firstReceivedAt) this.firstReceivedAt = receivedAt;
  }
}

function snapshots(connections: ReadonlySet<NodeConnection>, now: number): ConnectionSnapshot[] {
  return [...connections].map((connection) => connection.snapshot(now));
}

/** The counter within a millisecond has 32 bits. It starts in the lower half, so that it does not overflow. */
const SEQUENCE_START = 2 ** 31;

/**
 * Ids of batches: UUIDv7 by a given clock. Each is greater than the one before, also when the clock is set back.
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
