import { resolve } from 'node:path';
import { type JournalSummary, inspectAbandonedJournals } from '../../../delivery/index.js';
import { sizeText } from '../../size-text.js';
import type { Check, Machine } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

/** Whether processes that are gone have left batches in the journal. */
export const journals: Check<Machine> = {
  name: 'journal',
  look: async ({ settings }) => {
    const left = await inspectAbandonedJournals(resolve(settings.DATA_DIR, 'journal'));
    const findings = left.flatMap((journal) => findingsOf(journal, settings.JOURNAL_MODE === 'off'));
    return findings.length > 0 ? findings : ok('No batches of processes that are gone wait to be stored.');
  },
};

function findingsOf(
  { path, batches, bytes, damaged, damagedMessages, unreadable }: JournalSummary,
  off: boolean,
): Finding[] {
  if (unreadable !== undefined) {
    return [
      problem(
        `The journal ${path} cannot be read: ${unreadable}`,
        'Run doctor as the user of the server. If that does not help, start the version that wrote it, once.',
      ),
    ];
  }
  const findings: Finding[] = [];
  if (batches > 0) {
    findings.push(
      warning(
        `Up to ${batches} batches (${sizeText(bytes)}) of a process that is gone wait in ${path}.`,
        off
          ? 'Start a server with this DATA_DIR and without JOURNAL_MODE=off: it stores them.'
          : 'A server with this DATA_DIR stores them within a minute, once its database is there.',
      ),
    );
  }
  if (damaged > 0) {
    findings.push(
      warning(
        `${sizeText(damaged)} of the journal ${path} cannot be read as batches, and are lost, with at ` +
          `least ${damagedMessages.toString()} messages.`,
        'Where no power was lost, look for errors of the disk (dmesg).',
      ),
    );
  }
  return findings;
}
