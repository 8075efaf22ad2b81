import {
  type BigIntStats,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { open, stat } from 'node:fs/promises';
import { ifExists } from '../../platform/errors/index.js';
import { leadsTo } from '../../platform/lock/index.js';
import type { ConnectionSnapshot } from '../../storage/index.js';
import type { Batch, RowBlock } from '../../telemetry/index.js';
import type { JournalFormat } from './format/index.js';
import { BatchFormatError } from './journal.error.js';
import { HEADER_BYTES, type JournalDamage, RecordReader, writeFully } from './records.js';

const { O_CREAT, O_EXCL, O_WRONLY } = constants;

/** A file that is larger than this is truncated after its batch. */
const MAX_REUSED_BYTES = 1024 * 1024;
const NO_RECORD = Buffer.alloc(HEADER_BYTES);

/** The path of the file in a journal directory. */
export function openBatchPath(directory: string): string {
  return join(directory, 'open-batch');
}

/**
 * The file with the parts of the open batch, each a record. A new batch overwrites the one before, because extending and
 * truncating a file waits for the journal of the file system: that took ten times as long while PostgreSQL wrote to the
 * same disk. So records of earlier batches may follow those of the open batch. Without an open batch, the file begins
 * with zeros.
 */
export class OpenBatchFile {
  private readonly filePath: string;
  private readonly fd: number;
  private readonly identity: BigIntStats;
  private batchId: string | undefined;
  private end = 0;
  private fileSize = 0;

  constructor(directory: string) {
    this.filePath = openBatchPath(directory);
    this.fd = openSync(this.filePath, O_WRONLY | O_CREAT | O_EXCL, 0o600);
    this.identity = fstatSync(this.fd, { bigint: true });
  }

  /** The id of the open batch; undefined without one. */
  get id(): string | undefined {
    return this.batchId;
  }

  /** Bytes on disk. */
  get size(): number {
    return this.fileSize;
  }

  /**
   * Whether the path still leads to the file that is written.
   *
   * @throws errors of the file system
   */
  isInPlace(): boolean {
    return leadsTo(this.filePath, this.identity);
  }

  /** Whether there is a file at the path. Cheaper than {@link isInPlace}, and true also for another file. */
  exists(): boolean {
    return existsSync(this.filePath);
  }

  /** Appends a part to those of the same batch. The first part of another batch overwrites them. */
  append(batchId: string, buffers: readonly Buffer[], length: number): void {
    if (batchId !== this.batchId) this.clear();
    this.batchId = batchId;
    // A partial write is overwritten by the next part, or is recognized as an incomplete record.
    writeFully(this.fd, buffers, length, this.end);
    this.end += length;
    this.fileSize = Math.max(this.fileSize, this.end);
  }

  /**
   * Empties the file: its batch is in a segment now.
   *
   * @param batchId of that batch. If the file has parts of another one, they stay.
   */
  clear(batchId = this.batchId): void {
    if (this.batchId === undefined || batchId !== this.batchId) return;
    if (this.fileSize > MAX_REUSED_BYTES) {
      ftruncateSync(this.fd, 0);
      this.fileSize = 0;
    } else {
      writeSync(this.fd, NO_RECORD, 0, HEADER_BYTES, 0);
    }
    this.end = 0;
    this.batchId = undefined;
  }

  /** Closes the file, after fsync; without parts it is removed. @returns whether it has parts */
  close(): boolean {
    const hasParts = this.end > 0;
    if (hasParts) fsyncSync(this.fd);
    closeSync(this.fd);
    if (!hasParts) rmSync(this.filePath, { force: true });
    return hasParts;
  }

  /** Closes the file, and leaves it as it is. */
  abandon(): void {
    closeSync(this.fd);
  }
}

/** The size of the file; 0 if it does not exist. */
export async function openBatchBytes(path: string): Promise<number> {
  return (await ifExists(stat(path)))?.size ?? 0;
}

/**
 * Reads the batch that was open when its process ended, and joins its parts.
 *
 * @param onDamage called for damage at the start and between parts. Damage after the last part is an interrupted write.
 * @returns undefined if no batch was open
 * @throws BatchFormatError if the first part is no batch
 * @throws JournalFormatError if it is of another version
 */
export async function readOpenBatch(
  path: string,
  format: JournalFormat,
  onDamage: (damage: JournalDamage) => void,
): Promise<Batch | undefined> {
  if ((await openBatchBytes(path)) === 0) return undefined;
  const parts: Batch[] = [];
  let damage: JournalDamage | undefined;
  for await (const found of RecordReader.read(path, format.marker, (payload) => format.messagesIn(payload))) {
    if (!('payload' in found)) {
      damage = found;
      // Without the first part, its parts cannot be told from those of earlier batches.
      if (found.offset === 0) break;
      continue;
    }
    const part = decodePart(format, found.payload, parts.length === 0);
    if (part === undefined) break;
    // What follows are parts of earlier batches.
    if (part.id !== (parts[0] ?? part).id) break;
    if (damage !== undefined) onDamage(damage);
    damage = undefined;
    parts.push(part);
  }
  if (damage?.offset === 0 && !(await isClear(path))) onDamage(damage);
  return joinParts(parts);
}

/** @param isFirst throws if it cannot be decoded. What follows may be left of another batch: then undefined is returned */
function decodePart(format: JournalFormat, payload: Buffer, isFirst: boolean): Batch | undefined {
  try {
    return format.decode(payload);
  } catch (error) {
    if (!isFirst && error instanceof BatchFormatError) return undefined;
    throw error;
  }
}

async function isClear(path: string): Promise<boolean> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
  return buffer.every((byte) => byte === 0);
}

function joinParts(parts: readonly Batch[]): Batch | undefined {
  const [first] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const connections = new Map<number, ConnectionSnapshot>();
  // Later snapshots replace earlier ones.
  for (const part of parts) for (const snapshot of part.connections) connections.set(snapshot.id, snapshot);
  return {
    id: last.id,
    collector: last.collector,
    firstReceivedAt: Math.min(...parts.map(({ firstReceivedAt }) => firstReceivedAt)),
    sealedAt: last.sealedAt,
    expiring: joinBlocks(parts.map(({ expiring }) => expiring)),
    audit: joinBlocks(parts.map(({ audit }) => audit)),
    connections: [...connections.values()],
    rejected: parts.flatMap(({ rejected }) => rejected),
  };
}

function joinBlocks(blocks: readonly RowBlock[]): RowBlock {
  const some = blocks.filter(({ rows }) => rows > 0);
  return {
    rows: some.reduce((sum, { rows }) => sum + rows, 0),
    tuples: Buffer.concat(some.map(({ tuples }) => tuples)),
    oldest: some.length === 0 ? 0 : Math.min(...some.map(({ oldest }) => oldest)),
    newest: some.length === 0 ? 0 : Math.max(...some.map(({ newest }) => newest)),
  };
}
