import { type ClockOffset, isOff, minOffsetMs, readClocks } from '../../../storage/index.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

const NOTICED_MS = 1_000;
const TOO_FAR_MS = 10_000;
const ADVICE =
  'Let both machines set their clocks by the network (NTP): what is stored is dated by that of the database.';

/** Whether our clock and that of the database agree. */
export const clock: Check<Database> = {
  name: 'clock',
  look: async ({ client }) => clockFinding((await readClocks(client)).offset),
};

/** @param offset of our clock */
export function clockFinding(offset: ClockOffset): Finding {
  const off = minOffsetMs(offset);
  if (off <= NOTICED_MS) return ok('The clock of the database agrees with ours within a second.');
  const way = offset.offsetMs < 0 ? 'ahead of' : 'behind';
  const found = `The clock of the database is ${(Math.abs(offset.offsetMs) / 1000).toFixed(1)} s ${way} ours.`;
  if (isOff(offset)) return problem(`${found} No server with such a clock purges.`, ADVICE);
  return off > TOO_FAR_MS ? problem(found, ADVICE) : warning(found, ADVICE);
}
