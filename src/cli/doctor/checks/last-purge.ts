import type { Settings } from '../../../config/index.js';
import type { Check, Machine } from '../check.js';
import { type Finding, ok, warning } from '../finding.js';
import { addressOf, metricOfServer } from '../running-server.js';

const METRIC = 'tetcore_purge_last_success_timestamp_seconds';
/** Intervals without a purge, and what a large one takes: seconds. */
const LATE_AFTER = 3;
const LEEWAY_S = 600;

/** When the server here has purged, by its metrics. */
export const lastPurge: Check<Machine> = {
  name: 'last purge',
  look: async ({ settings }) => {
    const { HOST, PORT, METRICS_PORT } = settings;
    const seconds = await metricOfServer(addressOf(HOST, METRICS_PORT ?? PORT), METRIC);
    if (seconds === undefined) return ok('No server answers here that could say when it has purged.');
    return lastPurgeFinding(Date.now() / 1000 - seconds, settings);
  },
};

/** @param ageS seconds since the last purge, or since the server started */
export function lastPurgeFinding(
  ageS: number,
  { PURGE_INTERVAL_S }: Pick<Settings, 'PURGE_INTERVAL_S'>,
): Finding {
  const found = `The server here has purged, or was started, ${Math.max(0, Math.round(ageS))} s ago`;
  if (ageS <= LATE_AFTER * PURGE_INTERVAL_S + LEEWAY_S) return ok(`${found}.`);
  return warning(
    `${found}, though PURGE_INTERVAL_S is ${PURGE_INTERVAL_S}.`,
    'Look in its log for "A purge failed", and see what tetcore-analytics purge says.',
  );
}
