import type { ClientBase } from 'pg';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';

const NOTICED_MS = 1_000;
const TOO_FAR_MS = 10_000;
const ADVICE =
  'Let both machines set their clocks by the network (NTP): expiry and the live feed go by them.';

/** Whether our clock and that of the database agree. */
export const clock: Check<Database> = {
  name: 'clock',
  look: async ({ client }) => clockFinding(await offsetOf(client)),
};

/** @param offsetMs by which the clock of the database is ahead of ours */
export function clockFinding(offsetMs: number): Finding {
  const off = Math.abs(offsetMs);
  if (off <= NOTICED_MS) return ok('The clock of the database agrees with ours within a second.');
  const way = offsetMs > 0 ? 'ahead of' : 'behind';
  const found = `The clock of the database is ${(off / 1000).toFixed(1)} s ${way} ours.`;
  return off > TOO_FAR_MS ? problem(found, ADVICE) : warning(found, ADVICE);
}

/**
 * By how much the clock of the database is ahead of ours, at least: what the way there and back takes may hide more.
 *
 * @param now milliseconds since the epoch
 */
export async function offsetOf(client: ClientBase, now: () => number = Date.now): Promise<number> {
  const before = now();
  const { rows } = await client.query<{ at: number }>(
    'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at',
  );
  const after = now();
  const at = rows[0]?.at ?? NaN;
  if (at < before) return at - before;
  return at > after ? at - after : 0;
}
