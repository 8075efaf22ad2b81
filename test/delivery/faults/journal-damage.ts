import { open, readdir, readFile, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { readFormat } from '../../../src/delivery/journal/format/index.js';
import { openBatchPath, readOpenBatch } from '../../../src/delivery/journal/open-batch.js';
import { HEADER_BYTES, RecordReader } from '../../../src/delivery/journal/records.js';
import type { Batch } from '../../../src/telemetry/index.js';
import { type NodeMessage, numbersIn } from '../database/stored.js';
import { NoFaultError } from './stage.js';

/** A batch in a journal whose process is gone. */
export interface JournalRecord {
  file: string;
  offset: number;
  length: number;
  batchId: string;
  messages: NodeMessage[];
}

/** What a journal holds. */
export interface FoundJournal {
  records: JournalRecord[];
  /** Places that cannot be read already: the process was killed while it wrote. */
  damage: number;
}

/** What was done to it. */
export interface DoneDamage {
  /** Records that cannot be read any more. */
  lost: JournalRecord[];
  /** How many damaged places a reader meets then. */
  places: number;
}

/** Reads the folder of a process that is gone. */
export async function readJournal(directory: string): Promise<FoundJournal> {
  const description = join(directory, 'journal.json');
  const format = readFormat(description, await readFile(description, 'utf8'));
  const found: FoundJournal = { records: [], damage: 0 };
  await readOpenBatch(openBatchPath(directory), format, () => (found.damage += 1));
  for (const name of (await readdir(directory)).filter((entry) => entry.endsWith('.journal')).sort()) {
    const file = join(directory, name);
    for await (const part of RecordReader.read(file, format.marker)) {
      if (!('payload' in part)) {
        found.damage += 1;
        continue;
      }
      const batch = format.decode(part.payload);
      found.records.push({
        file,
        offset: part.offset,
        length: part.length,
        batchId: batch.id,
        messages: messagesOf(batch),
      });
    }
  }
  return found;
}

/** Damages unstored records, in a journal that may be damaged already. */
export type Damage = (
  records: readonly JournalRecord[],
  before: number,
  amount: number,
) => Promise<DoneDamage>;

const MOST_DAMAGED = 4;

/** Turns one byte around, in every other record at most, so that each is a place of its own. */
export const damageRecords: Damage = async (records, before, amount) => {
  const every = 2 + Math.floor(amount * 6);
  // Not in the last, behind which the process may have been writing when it was killed.
  const lost = records
    .slice(0, -1)
    .filter((_record, index) => index % every === 0)
    .slice(0, MOST_DAMAGED);
  for (const [index, record] of lost.entries()) {
    // Half of them in the header, which says how long a record is.
    const within = index % 2 === 0 ? HEADER_BYTES + ((record.length - HEADER_BYTES) >> 1) : 9;
    await turnByte(record.file, record.offset + within);
  }
  return { lost, places: before + lost.length };
};

/** Cuts the last file off, within one of its last records. */
export const truncateJournal: Damage = async (records, _before, amount) => {
  const file = records.at(-1)?.file;
  const last = records.filter((record) => record.file === file).slice(-3);
  const from = last[Math.floor(amount * last.length)];
  if (file === undefined || from === undefined) throw new NoFaultError('There is no record to truncate.');
  await truncate(file, from.offset + 1 + Math.floor(amount * (from.length - 1)));
  // What the process had not written whole when it was killed lay behind, and is gone too.
  return { lost: last.filter(({ offset }) => offset >= from.offset), places: 1 };
};

function messagesOf(batch: Batch): NodeMessage[] {
  return [batch.expiring.tuples, batch.audit.tuples, ...batch.rejected.map(({ head }) => head)].flatMap(
    numbersIn,
  );
}

async function turnByte(file: string, position: number): Promise<void> {
  await using handle = await open(file, 'r+');
  const byte = Buffer.alloc(1);
  await handle.read(byte, 0, 1, position);
  byte.writeUInt8(byte.readUInt8(0) ^ 0xff);
  await handle.write(byte, 0, 1, position);
}
