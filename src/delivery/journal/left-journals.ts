import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { validate as isUuid } from 'uuid';
import { codeOf } from './journal.error.js';
import { type JournalContents, JournalDirectory } from './journal-directory.js';
import { openBatchPath } from './open-batch-file.js';
import { openBatchBytes, readOpenBatch } from './read-open-batch.js';
import type { JournalDamage } from './record.js';
import { RecordReader } from './record-reader.js';

/** What a process that is gone left in its part of the journal. */
export interface LeftJournal {
  path: string;
  /** Batches that can be read. Some of them may have been stored before the process went; their ids tell. */
  batches: number;
  /** On disk. */
  bytes: number;
  /** Bytes that cannot be read as batches. */
  damaged: number;
  /** Messages in them, as far as their number can be read. */
  damagedMessages: number;
  /** Why it cannot be read at all. */
  unreadable?: string;
}

/**
 * Looks at the journals in a directory, oldest first, and changes nothing: a server adopts them when it runs.
 *
 * @param root where all processes of a volume have their journals; it need not exist
 */
export async function leftJournals(root: string): Promise<LeftJournal[]> {
  const found: LeftJournal[] = [];
  for (const id of (await namesIn(root)).sort()) {
    if (!isUuid(id)) continue;
    const journal = await look(root, id);
    if (journal !== undefined) found.push(journal);
  }
  return found;
}

async function look(root: string, id: string): Promise<LeftJournal | undefined> {
  try {
    const contents = await JournalDirectory.lookInto(root, id);
    return contents === undefined ? undefined : await count(contents);
  } catch (error) {
    // A server that runs has adopted it meanwhile, or is done with it.
    if (codeOf(error) === 'ENOENT') return undefined;
    const unreadable = error instanceof Error ? error.message : String(error);
    return { path: join(root, id), batches: 0, bytes: 0, damaged: 0, damagedMessages: 0, unreadable };
  }
}

async function count({ path, format, segments }: JournalContents): Promise<LeftJournal> {
  const open = openBatchPath(path);
  const bytes = segments.reduce((sum, { size }) => sum + size, await openBatchBytes(open));
  const found = { path, batches: 0, bytes, damaged: 0, damagedMessages: 0 };
  if (format === undefined) return found;
  const onDamage = ({ bytes: lost, messages = 0 }: JournalDamage): void => {
    found.damaged += lost;
    found.damagedMessages += messages;
  };
  const messagesIn = (payload: Buffer): number | undefined => format.messagesIn(payload);
  for (const segment of segments) {
    for await (const record of RecordReader.read(segment.path, format.marker, messagesIn)) {
      if ('payload' in record) found.batches += 1;
      else onDamage(record);
    }
  }
  if ((await readOpenBatch(open, format, onDamage)) !== undefined) found.batches += 1;
  return found;
}

async function namesIn(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}
