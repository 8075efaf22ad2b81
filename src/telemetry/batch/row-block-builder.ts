import { type MessageHead, TUPLE_HEAD_BYTES, writeTupleHead } from '../../storage/index.js';
import type { RowBlock } from './batch.js';

const FIRST_CAPACITY = 512 * 1024;
/** A larger buffer is freed after its batch. */
const MAX_REUSED_CAPACITY = 8 * 1024 * 1024;
/** Bytes of UTF-8 for a UTF-16 code unit, at most. */
const MAX_BYTES_PER_UNIT = 3;

/**
 * Writes messages as tuples of COPY into one buffer, which is reused for each block: several times faster than joining
 * buffers.
 */
export class RowBlockBuilder {
  private buffer = Buffer.allocUnsafeSlow(FIRST_CAPACITY);
  private view = viewOf(this.buffer);
  private end = 0;
  private rows = 0;
  private journaledEnd = 0;
  private journaledRows = 0;
  private oldest = Infinity;
  private newest = -Infinity;

  /** @param ascii whether `logs` is ASCII */
  add(head: MessageHead, logs: string, ascii: boolean): void {
    const textAt = this.end + TUPLE_HEAD_BYTES;
    // Nearly all messages are ASCII, whose bytes are copied without encoding.
    if (ascii) {
      this.reserve(TUPLE_HEAD_BYTES + logs.length);
      this.buffer.write(logs, textAt, 'latin1');
      writeTupleHead(this.view, this.end, head, logs.length);
      this.end = textAt + logs.length;
    } else {
      this.reserve(TUPLE_HEAD_BYTES + logs.length * MAX_BYTES_PER_UNIT);
      const bytes = this.buffer.write(logs, textAt, 'utf8');
      writeTupleHead(this.view, this.end, head, bytes);
      this.end = textAt + bytes;
    }
    this.rows += 1;
    if (head.createdAt < this.oldest) this.oldest = head.createdAt;
    if (head.createdAt > this.newest) this.newest = head.createdAt;
  }

  /** The tuples since the last journaled part, with the time range of all so far: a view of the buffer. */
  part(): RowBlock {
    return this.block(this.rows - this.journaledRows, this.buffer.subarray(this.journaledEnd, this.end));
  }

  /** The next part starts after the messages so far. */
  partJournaled(): void {
    this.journaledEnd = this.end;
    this.journaledRows = this.rows;
  }

  /** The next part starts with the first message. */
  partsLost(): void {
    this.journaledEnd = 0;
    this.journaledRows = 0;
  }

  /** The block, in memory of its own. The next message starts a new one. */
  build(): RowBlock {
    const tuples = Buffer.allocUnsafeSlow(this.end);
    this.buffer.copy(tuples, 0, 0, this.end);
    const block = this.block(this.rows, tuples);
    if (this.buffer.length > MAX_REUSED_CAPACITY) this.replaceBuffer(Buffer.allocUnsafeSlow(FIRST_CAPACITY));
    this.end = 0;
    this.rows = 0;
    this.journaledEnd = 0;
    this.journaledRows = 0;
    this.oldest = Infinity;
    this.newest = -Infinity;
    return block;
  }

  private block(rows: number, tuples: Buffer): RowBlock {
    if (rows === 0) return { rows, tuples, oldest: 0, newest: 0 };
    return {
      rows,
      tuples,
      oldest: Math.floor(this.oldest / 1000),
      newest: Math.floor(this.newest / 1000),
    };
  }

  private reserve(bytes: number): void {
    if (this.end + bytes <= this.buffer.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(2 * this.buffer.length, this.end + bytes));
    this.buffer.copy(larger, 0, 0, this.end);
    this.replaceBuffer(larger);
  }

  private replaceBuffer(buffer: Buffer<ArrayBuffer>): void {
    this.buffer = buffer;
    this.view = viewOf(buffer);
  }
}

function viewOf(buffer: Buffer<ArrayBuffer>): DataView {
  return new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
}
