import { type FileHandle, open } from 'node:fs/promises';
import { codeOf, JournalDamageError } from './journal.error.js';
import type { JournalEntry } from './journal-entry.js';
import {
  HEADER_BYTES,
  type JournalDamage,
  MARKER_BYTES,
  openRecord,
  payloadLength,
  RecordProblem,
} from './record.js';

const WINDOW_BYTES = 64 * 1024;

/** How many messages a payload has, of which only the beginning may be there, or which may be damaged. */
export type MessagesIn = (payload: Buffer) => number | undefined;

/** A record that is whole. */
export interface FoundRecord {
  offset: number;
  /** Bytes on disk, the header included. */
  length: number;
  payload: Buffer;
}

/**
 * The payload of one record, read from its place.
 *
 * @throws JournalDamageError where the record is not whole, or the disk cannot give it
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
 * Goes through a segment from its beginning, and holds no more than one record of it in memory. Damage costs
 * what is damaged: the reader goes on at the next record that is whole.
 */
export class RecordReader {
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;

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
    yield* new RecordReader(file, path, size, marker, messagesIn).#records();
  }

  async *#records(): AsyncGenerator<FoundRecord | JournalDamage> {
    let damage: JournalDamage | undefined;
    for (let offset = 0; offset < this.size;) {
      const payload = await this.#payloadAt(offset);
      if (payload instanceof RecordProblem) {
        damage ??= { file: this.path, offset, bytes: 0, reason: payload.reason };
        const messages = payload.payload && this.messagesIn(payload.payload);
        if (messages !== undefined) damage.messages = (damage.messages ?? 0) + messages;
        offset = await this.#findMarker(offset + 1);
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

  async #payloadAt(offset: number): Promise<Buffer | RecordProblem> {
    const length = payloadLength(this.marker, await this.#bytesAt(offset, HEADER_BYTES));
    if (typeof length !== 'number') return length;
    if (offset + HEADER_BYTES + length > this.size) {
      return new RecordProblem('a record is truncated', await this.#bytesAt(offset + HEADER_BYTES, length));
    }
    const payload = openRecord(this.marker, await this.#bytesAt(offset, HEADER_BYTES + length));
    // A small batch must not hold on to the whole window.
    return Buffer.isBuffer(payload) && payload.length < WINDOW_BYTES ? Buffer.from(payload) : payload;
  }

  /** Where the next marker is; the end of the file if there is none. */
  async #findMarker(from: number): Promise<number> {
    for (let offset = from; offset < this.size; offset += WINDOW_BYTES - MARKER_BYTES + 1) {
      const found = (await this.#bytesAt(offset, WINDOW_BYTES)).indexOf(this.marker);
      if (found >= 0) return offset + found;
    }
    return this.size;
  }

  /** Fewer bytes at the end of the file. */
  async #bytesAt(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.size);
    if (offset < this.#windowStart || end > this.#windowStart + this.#window.length) {
      this.#window = await readFully(this.file, offset, Math.max(length, WINDOW_BYTES));
      this.#windowStart = offset;
    }
    return this.#window.subarray(offset - this.#windowStart, end - this.#windowStart);
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
