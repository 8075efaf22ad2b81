import { crc32 } from 'node:zlib';
import { writevSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Batch } from '../../telemetry/index.js';
import type { JournalFormat } from './format/index.js';
import { codeOf } from '../../platform/errors/index.js';
import { BatchFormatError, JournalDamageError } from './journal.error.js';

/** The position of a batch in the journal. Small, since there are hundreds of thousands in a long outage. */
export interface JournalEntry {
  readonly segment: number;
  readonly offset: number;
  /** Bytes on disk. */
  readonly length: number;
}

/** A section of a segment that cannot be read. */
export interface JournalDamage {
  /** The path of the segment. */
  file: string;
  offset: number;
  /** How many bytes are lost. */
  bytes: number;
  /** The minimum number of lost messages; undefined if it is not known. */
  messages?: number | undefined;
  reason: string;
}

/*
 * A record on disk, numbers little endian:
 *
 *   0  marker        8 bytes, random, the same for all records of a directory
 *   8  length        uint32, of the payload
 *  12  payload CRC   uint32, CRC-32
 *  16  header CRC    uint32, CRC-32 of the 16 bytes before
 *  20  payload
 *
 * After damage, a reader searches for the marker. It is random, so that no message of a node can contain it.
 */
export const MARKER_BYTES = 8;
export const HEADER_BYTES = 20;

/** The buffers of a record with this payload, to be written in this order. */
export function frameRecord(marker: Buffer, payload: readonly Buffer[]): Buffer[] {
  // crc32() of Node.js returns 0 for an empty buffer, rather than the previous checksum.
  const parts = payload.filter((part) => part.length > 0);
  let length = 0;
  let checksum = 0;
  for (const part of parts) {
    length += part.length;
    checksum = crc32(part, checksum);
  }
  const header = Buffer.allocUnsafe(HEADER_BYTES);
  marker.copy(header);
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(checksum, 12);
  header.writeUInt32LE(crc32(header.subarray(0, 16)), 16);
  return [header, ...parts];
}

/** Why a record cannot be read. */
class RecordProblem {
  /** @param payload the part of it that is there, if that is known */
  constructor(
    readonly reason: string,
    readonly payload?: Buffer,
  ) {}
}

/** @returns the length of the payload after a header */
function payloadLength(marker: Buffer, header: Buffer): number | RecordProblem {
  if (header.length < HEADER_BYTES) return new RecordProblem('the header of a record is truncated');
  const bare = header.subarray(0, 16);
  if (marker.compare(bare, 0, MARKER_BYTES) !== 0) return new RecordProblem('no record begins here');
  if (crc32(bare) !== header.readUInt32LE(16)) {
    return new RecordProblem('the header of a record does not match its checksum');
  }
  return header.readUInt32LE(8);
}

/** @param record header and payload */
function openRecord(marker: Buffer, record: Buffer): Buffer | RecordProblem {
  const length = payloadLength(marker, record.subarray(0, HEADER_BYTES));
  if (typeof length !== 'number') return length;
  const payload = record.subarray(HEADER_BYTES, HEADER_BYTES + length);
  if (payload.length < length) return new RecordProblem('a record is truncated', payload);
  if (crc32(payload) !== record.readUInt32LE(12)) {
    return new RecordProblem('a record does not match its checksum', payload);
  }
  return payload;
}

/**
 * Calls `writev` until everything is written.
 *
 * @param position in the file; by default the end of a file that is open for appending
 */
export function writeFully(fd: number, parts: readonly Buffer[], length: number, position?: number): void {
  let rest = parts;
  for (let left = length; left > 0;) {
    const written = writevSync(fd, rest, position === undefined ? undefined : position + length - left);
    if (written === 0) throw new Error('The file system wrote no bytes.');
    left -= written;
    if (left > 0) rest = skipBytes(rest, written);
  }
}

function skipBytes(parts: readonly Buffer[], count: number): Buffer[] {
  const rest: Buffer[] = [];
  let skip = count;
  for (const part of parts) {
    if (skip < part.length) rest.push(part.subarray(skip));
    skip = Math.max(0, skip - part.length);
  }
  return rest;
}

const WINDOW_BYTES = 64 * 1024;

/** The number of messages in a payload, which may be truncated or damaged; undefined if it cannot be read. */
type MessagesIn = (payload: Buffer) => number | undefined;

/** A valid record. */
export interface FoundRecord {
  offset: number;
  /** Bytes on disk, the header included. */
  length: number;
  payload: Buffer;
}

/**
 * Reads the payload of one record.
 *
 * @throws JournalDamageError if the record is not valid, or the disk cannot read it
 */
export async function readRecord(
  path: string,
  marker: Buffer,
  entry: JournalEntry,
  messagesIn: MessagesIn = () => undefined,
): Promise<Buffer> {
  const { offset, length } = entry;
  const lost = (reason: string, payload?: Buffer) => {
    const messages = payload && messagesIn(payload);
    return new JournalDamageError({ file: path, offset, bytes: length, messages, reason });
  };
  let record: Buffer;
  try {
    await using file = await open(path);
    record = await readFully(file, offset, length);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw lost('the file is missing');
    if (code === 'EIO') throw lost('the disk cannot read it');
    throw error;
  }
  const payload = openRecord(marker, record);
  if (payload instanceof RecordProblem) throw lost(payload.reason, payload.payload);
  return payload;
}

/**
 * Reads a segment from its beginning, with at most one record in memory. After damage it continues with the next valid
 * record.
 */
export class RecordReader {
  private window: Buffer = Buffer.alloc(0);
  private windowStart = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly size: number,
    private readonly marker: Buffer,
    private readonly messagesIn: MessagesIn,
  ) {}

  static async *read(
    path: string,
    marker: Buffer,
    messagesIn: MessagesIn = () => undefined,
  ): AsyncGenerator<FoundRecord | JournalDamage> {
    await using file = await open(path);
    const { size } = await file.stat();
    yield* new RecordReader(file, path, size, marker, messagesIn).records();
  }

  private async *records(): AsyncGenerator<FoundRecord | JournalDamage> {
    let damage: JournalDamage | undefined;
    for (let offset = 0; offset < this.size;) {
      const payload = await this.payloadAt(offset);
      if (payload instanceof RecordProblem) {
        damage ??= { file: this.path, offset, bytes: 0, reason: payload.reason };
        const messages = payload.payload && this.messagesIn(payload.payload);
        if (messages !== undefined) damage.messages = (damage.messages ?? 0) + messages;
        offset = await this.findMarker(offset + 1);
        damage.bytes = offset - damage.offset;
        continue;
      }
      if (damage !== undefined) yield damage;
      damage = undefined;
      const length = HEADER_BYTES + payload.length;
      yield { offset, length, payload };
      offset += length;
    }
    if (damage !== undefined) yield damage;
  }

  private async payloadAt(offset: number): Promise<Buffer | RecordProblem> {
    const length = payloadLength(this.marker, await this.bytesAt(offset, HEADER_BYTES));
    if (typeof length !== 'number') return length;
    if (offset + HEADER_BYTES + length > this.size) {
      return new RecordProblem('a record is truncated', await this.bytesAt(offset + HEADER_BYTES, length));
    }
    const payload = openRecord(this.marker, await this.bytesAt(offset, HEADER_BYTES + length));
    // A copy: a small batch must not retain the whole window.
    return Buffer.isBuffer(payload) && payload.length < WINDOW_BYTES ? Buffer.from(payload) : payload;
  }

  /** The offset of the next marker; the end of the file if there is none. */
  private async findMarker(from: number): Promise<number> {
    for (let offset = from; offset < this.size; offset += WINDOW_BYTES - MARKER_BYTES + 1) {
      const found = (await this.bytesAt(offset, WINDOW_BYTES)).indexOf(this.marker);
      if (found >= 0) return offset + found;
    }
    return this.size;
  }

  /** Fewer bytes than requested at the end of the file. */
  private async bytesAt(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.size);
    if (offset < this.windowStart || end > this.windowStart + this.window.length) {
      this.window = await readFully(this.file, offset, Math.max(length, WINDOW_BYTES));
      this.windowStart = offset;
    }
    return this.window.subarray(offset - this.windowStart, end - this.windowStart);
  }
}

async function readFully(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

/**
 * Reads one batch of a segment.
 *
 * @throws JournalDamageError if it is lost; errors of the file system, which may be temporary
 */
export async function readBatch(path: string, format: JournalFormat, entry: JournalEntry): Promise<Batch> {
  const payload = await readRecord(path, format.marker, entry, (found) => format.messagesIn(found));
  try {
    return format.decode(payload);
  } catch (error) {
    if (!(error instanceof BatchFormatError)) throw error;
    throw new JournalDamageError({
      file: path,
      offset: entry.offset,
      bytes: entry.length,
      messages: format.messagesIn(payload),
      reason: error.message,
    });
  }
}
