export {
  JournalClosedError,
  JournalDamageError,
  JournalFullError,
  JournalUnavailableError,
  JournalWriteError,
} from './journal.error.js';
export { lowerId } from './segments.js';
export { Journal, type JournalMove, type JournalOptions } from './journal.js';
export type { JournalDamage, JournalEntry } from './records.js';
export { type JournalSummary, inspectAbandonedJournals } from './journal-recovery.js';
export type { AbandonedBatch, AbandonedJournal } from './abandoned-journal.js';
