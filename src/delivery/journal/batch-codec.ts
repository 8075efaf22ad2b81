import type { Batch, RejectedMessage, RowBlock } from '../../telemetry/index.js';
import { BatchFormatError } from './journal.error.js';

const VERSION = 1;
const PREFIX_BYTES = 5;

/** A {@link RowBlock} without its text. Bounds that are not finite, as of an empty block, are text in JSON. */
interface BlockHead {
  rows: number;
  bytes: number;
  oldest: number | string;
  newest: number | string;
}

interface BatchHead extends Omit<Batch, 'expiring' | 'audit' | 'rejected'> {
  expiring: BlockHead;
  audit: BlockHead;
  rejected: (Omit<RejectedMessage, 'head'> & { head: number })[];
}

/**
 * A batch as bytes, in parts to be written one after another; the texts of its rows are not copied.
 *
 * Layout: version (1 byte), length of the header (uint32, little endian), header (JSON), text of the
 * expiring rows, text of the audit rows, heads of the rejected messages.
 */
export function encodeBatchParts(batch: Batch): Buffer[] {
  const { expiring, audit, rejected, ...rest } = batch;
  const head: BatchHead = {
    ...rest,
    expiring: headOf(expiring),
    audit: headOf(audit),
    rejected: rejected.map((message) => ({ ...message, head: message.head.length })),
  };
  const json = JSON.stringify(head);
  const size = Buffer.byteLength(json);
  const start = Buffer.allocUnsafe(PREFIX_BYTES + size);
  start.writeUInt8(VERSION, 0);
  start.writeUInt32LE(size, 1);
  start.write(json, PREFIX_BYTES);
  return [start, expiring.text, audit.text, Buffer.concat(rejected.map((message) => message.head))];
}

/** A batch as bytes; see {@link encodeBatchParts}. */
export function encodeBatch(batch: Batch): Buffer {
  return Buffer.concat(encodeBatchParts(batch));
}

/**
 * The batch that {@link encodeBatch} was given. Its buffers share the memory of `bytes`.
 *
 * @throws BatchFormatError
 */
export function decodeBatch(bytes: Buffer): Batch {
  if (bytes.length < PREFIX_BYTES)
    throw new BatchFormatError(`${bytes.length} bytes are too few for a batch.`);
  const version = bytes.readUInt8(0);
  if (version !== VERSION) throw new BatchFormatError(`A batch of version ${version} cannot be read.`);
  let end = PREFIX_BYTES + bytes.readUInt32LE(1);
  const { expiring, audit, rejected, ...rest } = parseHead(bytes.subarray(PREFIX_BYTES, end));
  const take = (size: number): Buffer => {
    end += size;
    return bytes.subarray(end - size, end);
  };
  const batch: Batch = {
    ...rest,
    expiring: blockOf(expiring, take(expiring.bytes)),
    audit: blockOf(audit, take(audit.bytes)),
    rejected: rejected.map((message) => ({ ...message, head: take(message.head) })),
  };
  if (end !== bytes.length) {
    throw new BatchFormatError(`A batch of ${end} bytes was written, but ${bytes.length} are there.`);
  }
  return batch;
}

function parseHead(json: Buffer): BatchHead {
  try {
    return JSON.parse(json.toString()) as BatchHead;
  } catch (cause) {
    throw new BatchFormatError("The batch's header is not JSON.", { cause });
  }
}

function headOf({ rows, text, oldest, newest }: RowBlock): BlockHead {
  return { rows, bytes: text.length, oldest: writable(oldest), newest: writable(newest) };
}

function blockOf({ rows, oldest, newest }: BlockHead, text: Buffer): RowBlock {
  return { rows, text, oldest: Number(oldest), newest: Number(newest) };
}

function writable(time: number): number | string {
  return Number.isFinite(time) ? time : String(time);
}
