import { crc32 } from 'node:zlib';

/** A part of a segment that cannot be read. */
export interface JournalDamage {
  /** The path of the segment. */
  file: string;
  offset: number;
  /** How many bytes are lost. */
  bytes: number;
  /** How many messages are lost with them at least; undefined where nothing tells. */
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
 * The marker is what a reader looks for behind damage. Since it is random, nothing that a node sends can pass
 * for the beginning of a record.
 */
export const MARKER_BYTES = 8;
export const HEADER_BYTES = 20;

/** The parts of a record with this payload, to be written one after another. */
export function frameRecord(marker: Buffer, payload: readonly Buffer[]): Buffer[] {
  // Node's crc32() gives 0, not what it was given, for an empty buffer that was written before.
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

/** What is wrong with a record. */
export class RecordProblem {
  /** @param payload what is there of it, where that is known */
  constructor(
    readonly reason: string,
    readonly payload?: Buffer,
  ) {}
}

/** The length of the payload that follows a header. */
export function payloadLength(marker: Buffer, header: Buffer): number | RecordProblem {
  if (header.length < HEADER_BYTES) return new RecordProblem('the header of a record is truncated');
  const bare = header.subarray(0, 16);
  if (marker.compare(bare, 0, MARKER_BYTES) !== 0) return new RecordProblem('no record begins here');
  if (crc32(bare) !== header.readUInt32LE(16)) {
    return new RecordProblem('the header of a record does not match its checksum');
  }
  return header.readUInt32LE(8);
}

/** The payload of a record that is given whole. */
export function openRecord(marker: Buffer, record: Buffer): Buffer | RecordProblem {
  const length = payloadLength(marker, record.subarray(0, HEADER_BYTES));
  if (typeof length !== 'number') return length;
  const payload = record.subarray(HEADER_BYTES, HEADER_BYTES + length);
  if (payload.length < length) return new RecordProblem('a record is truncated', payload);
  if (crc32(payload) !== record.readUInt32LE(12)) {
    return new RecordProblem('a record does not match its checksum', payload);
  }
  return payload;
}
