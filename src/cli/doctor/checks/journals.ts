import { resolve } from 'node:path';
import { type LeftJournal, leftJournals } from '../../../delivery/index.js';
import { sizeText } from '../../size-text.js';
import type { Check, Machine } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

/** Whether processes that are gone have left batches in the journal. */
export const journals: Check<Machine> = {
  name: 'journal',
  look: async ({ settings }) => {
    const left = await leftJournals(resolve(settings.DATA_DIR, 'journal'));
    const findings = left.flatMap((journal) => findingsOf(journal, settings.JOURNAL_MODE === 'off'));
    return findings.length > 0 ? findings : ok('There are no abandoned journals with unstored batches.');
  },
};

function findingsOf(
  { path, batches, bytes, damaged, damagedMessages, unreadable }: LeftJournal,
  off: boolean,
): Finding[] {
  if (unreadable !== undefined) {
    return [
      problem(
        `Cannot read the journal ${path}: ${unreadable}`,
        'Run doctor as the user of the server. If that does not help, start the version that wrote the journal once.',
      ),
    ];
  }
  const findings: Finding[] = [];
  if (batches > 0) {
    findings.push(
      warning(
        `Up to ${batches} batches (${sizeText(bytes)}) of an ended process are pending in ${path}.`,
        off
          ? 'Start a server with this DATA_DIR and without JOURNAL_MODE=off. It stores them.'
          : 'A server with this DATA_DIR stores them within a minute once its database is available.',
      ),
    );
  }
  if (damaged > 0) {
    findings.push(
      warning(
        `${sizeText(damaged)} of the journal ${path} are damaged and lost, with at least ` +
          `${damagedMessages.toString()} messages.`,
        'Unless there was a power failure, check the disk for errors (dmesg).',
      ),
    );
  }
  return findings;
}
