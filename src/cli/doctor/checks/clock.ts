import { CLOCK_OFF_MS, readClocks } from '../../../storage/index.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

const NOTICED_MS = 1_000;
const TOO_FAR_MS = 10_000;
const ADVICE =
  'Let both machines set their clocks by the network (NTP): what is stored is dated by that of the database.';

/** Whether our clock and that of the database agree. */
export const clock: Check<Database> = {
  name: 'clock',
  look: async ({ client }) => clockFinding(-(await readClocks(client)).aheadMs),
};

/** @param offsetMs by which the clock of the database is ahead of ours */
export function clockFinding(offsetMs: number): Finding {
  const off = Math.abs(offsetMs);
  if (off <= NOTICED_MS) return ok('The clock of the database agrees with ours within a second.');
  const way = offsetMs > 0 ? 'ahead of' : 'behind';
  const found = `The clock of the database is ${(off / 1000).toFixed(1)} s ${way} ours.`;
  if (off > CLOCK_OFF_MS) return problem(`${found} No server with such a clock purges.`, ADVICE);
  return off > TOO_FAR_MS ? problem(found, ADVICE) : warning(found, ADVICE);
}
