import { sizeText } from '../../size-text.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import { freeBytes } from './data-dir.js';

const MIB = 1024 ** 2;
/** What PostgreSQL needs for its write-ahead log, and half of it. */
const LITTLE = 2048 * MIB;
const TOO_LITTLE = 256 * MIB;

/** Whether the disk of the database has room. Of another machine's it cannot be seen. */
export const databaseDisk: Check<Database> = {
  name: 'database disk',
  look: async ({ cluster }) =>
    cluster === undefined
      ? ok('The disk space of a remote database cannot be checked from here: monitor it there.')
      : diskFinding(await freeBytes(cluster), cluster),
};

/** @param free bytes */
export function diskFinding(free: number, directory: string): Finding {
  const found = `The disk of the database in ${directory} has ${sizeText(free)} free.`;
  const advice = 'Free disk space, lower LOG_EXPIRY_H and run tetcore-analytics purge, or move DATA_DIR.';
  if (free < TOO_LITTLE) return problem(found, advice);
  return free < LITTLE ? warning(found, advice) : ok(found);
}
