import type { Batch } from '../../telemetry/index.js';
import type { JournalFormat } from './format/index.js';
import { BatchFormatError, JournalDamageError } from './journal.error.js';
import type { JournalEntry } from './journal-entry.js';
import { readRecord } from './record-reader.js';

/**
 * Reads one batch from its place in a segment.
 *
 * @throws JournalDamageError where it cannot be had any more; errors of the file system that may pass
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
