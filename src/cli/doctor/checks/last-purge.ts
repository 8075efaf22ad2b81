import type { Settings } from '../../../platform/config/index.js';
import type { Check, Database } from '../check.js';
import { type Finding, ok, problem, warning } from '../finding.js';
import { serversSeen } from '../servers-seen.js';

/** Intervals without a purge, and what a large one takes: seconds. */
const LATE_AFTER = 3;
const LEEWAY_S = 600;

/** When the database was last purged, by whichever server. */
export const lastPurge: Check<Database> = {
  name: 'last purge',
  look: async ({ client, settings }) => {
    const { rows } = await client.query<{ age: number }>(
      'SELECT extract(epoch FROM now() - succeeded_at)::float8 AS age FROM purge_state',
    );
    const age = rows[0]?.age;
    if (age === undefined) return problem('The table purge_state is empty.', 'The next purge writes it.');
    const served = (await serversSeen(client)).length > 0;
    return served ? lastPurgeFinding(age, settings) : ok(`${text(age)}. No server is running.`);
  },
};

/** @param ageS seconds since the last purge that removed all that had expired, or since the schema was made */
export function lastPurgeFinding(
  ageS: number,
  { PURGE_INTERVAL_S }: Pick<Settings, 'PURGE_INTERVAL_S'>,
): Finding {
  if (ageS <= LATE_AFTER * PURGE_INTERVAL_S + LEEWAY_S) return ok(`${text(ageS)}.`);
  return warning(
    `${text(ageS)}, but PURGE_INTERVAL_S is ${PURGE_INTERVAL_S}.`,
    'Search the log of the servers for "A purge", or run tetcore-analytics purge and read its output.',
  );
}

function text(ageS: number): string {
  return `The last purge, or the creation of the database, was ${Math.max(0, Math.round(ageS))} s ago`;
}
