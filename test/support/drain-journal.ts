import type { Journal } from '../../src/delivery/journal/index.js';
import type { Batch } from '../../src/telemetry/index.js';

/** Reads all batches of abandoned journals, marks each as done, and releases the journals. */
export async function drainJournal(journal: Journal): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const abandoned of journal.abandonedJournals()) {
    for await (const { entry, batch } of abandoned.batches()) {
      found.push(batch);
      abandoned.done(entry);
    }
    await abandoned.release();
  }
  return found;
}
