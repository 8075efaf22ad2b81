import { Injectable } from '@nestjs/common';
import { BatchSink, type StoreResult } from '../delivery/index.js';
import { msgOf, readTuple, splitTuples, timeOf } from '../storage/index.js';
import type { Batch } from '../telemetry/index.js';

/** A message that a sink received. */
export interface SinkMessage {
  msg: string | null;
  connectionId: number;
  audit: boolean;
  /** RFC 3339 in UTC with microseconds. */
  createdAt: string;
  /** The complete message: JSON. */
  logs: string;
}

/**
 * A sink that keeps batches in memory, each once, and fails on demand. As `delivery.sinks: [RecordingSink]` it is
 * `server.app.get(RecordingSink, { strict: false })`.
 */
@Injectable()
export class RecordingSink extends BatchSink {
  readonly batches: Batch[] = [];
  /** What `store` throws, if it is set. */
  failure: Error | undefined;
  /** Calls that failed. */
  failures = 0;
  closed = false;

  /** The messages of all batches. */
  get messages(): SinkMessage[] {
    return this.batches.flatMap(({ expiring, audit }) => [
      ...messagesOf(expiring.tuples, false),
      ...messagesOf(audit.tuples, true),
    ]);
  }

  override store(batch: Batch): Promise<StoreResult> {
    if (this.failure !== undefined) {
      this.failures += 1;
      return Promise.reject(this.failure);
    }
    const duplicate = this.batches.some(({ id }) => id === batch.id);
    if (!duplicate) this.batches.push(batch);
    return Promise.resolve({ duplicate, rejected: [] });
  }

  override close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}

function messagesOf(tuples: Buffer, audit: boolean): SinkMessage[] {
  return splitTuples(tuples).map((tuple) => {
    const row = readTuple(tuple);
    const { connectionId, createdAt, logs } = row;
    return { msg: msgOf(row), connectionId, audit, createdAt: timeOf(createdAt), logs: logs.toString() };
  });
}
