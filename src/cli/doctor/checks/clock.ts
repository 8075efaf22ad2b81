import { type ClockOffset, isOff, leastOffMs, readClocks } from '../../../storage/index.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

const NOTICED_MS = 1_000;
const TOO_FAR_MS = 10_000;
const ADVICE =
  'Synchronize the clocks of both machines (NTP).';

/** Whether our clock and that of the database agree. */
export const clock: Check<Database> = {
  name: 'clock',
  look: async ({ client }) => clockFinding((await readClocks(client)).offset),
};

/** @param offset of our clock */
export function clockFinding(offset: ClockOffset): Finding {
  const off = leastOffMs(offset);
  if (off <= NOTICED_MS) return ok('The clock of the database differs from the clock of this machine by less than a second.');
  const way = offset.offsetMs < 0 ? 'ahead of' : 'behind';
  const found = `The clock of the database is ${(Math.abs(offset.offsetMs) / 1000).toFixed(1)} s ${way} the clock of this machine.`;
  if (isOff(offset)) return problem(`${found} Servers do not purge with this difference.`, ADVICE);
  return off > TOO_FAR_MS ? problem(found, ADVICE) : warning(found, ADVICE);
}
