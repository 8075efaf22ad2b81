export {
  JournalClosedError,
  JournalDamageError,
  JournalFullError,
  JournalUnavailableError,
  JournalWriteError,
} from './journal.error.js';
export { lowerId } from './lower-id.js';
export { Journal, type JournalMove, type JournalOptions } from './journal.js';
export type { JournalEntry } from './journal-entry.js';
export { type LeftJournal, leftJournals } from './left-journals.js';
export type { OrphanedBatch, OrphanedJournal } from './orphaned-journal.js';
export type { JournalDamage } from './record.js';
