import { useRef } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import type { Loaded } from '../shared/loaded.js';
import { boundsOf, type TimeRange } from '../shared/time-range.js';
import { merged, type Report } from './reports.js';
import { usePolled } from './use-polled.js';

/** All that the server gives at once. */
export const MAX_REPORTS = 10_000;
const INTERVAL_MS = 15_000;
/** What is dated earlier than what came before it, but not by more, is found too. */
const OVERLAP_MS = 60_000;

/**
 * What others say of a peer, newest first. After the first answer only what is new is asked for: to find the peer in
 * the network states of a long time takes the server long.
 */
export function usePeerReports(peerId: string, range: TimeRange): [Loaded<Report[]>, () => void] {
  const known = useRef<{ key: string; reports: Report[] }>({ key: '', reports: [] });
  const key = JSON.stringify([peerId, range]);
  return usePolled(
    async (signal) => {
      const before = known.current.key === key ? known.current.reports : [];
      const { start, end } = boundsOf(range);
      const newest = before[0] === undefined ? 0 : Date.parse(before[0].ts) - OVERLAP_MS;
      const query = {
        start_time: new Date(Math.max(start, newest)).toISOString(),
        ...('from' in range && range.to !== undefined && { end_time: new Date(end).toISOString() }),
        limit: MAX_REPORTS,
      };
      const params = { path: { peer_id: peerId }, query };
      const added = await responseData(api.GET('/reputation/{peer_id}', { params, signal }));
      const reports = merged(before, added, new Date(start).toISOString());
      known.current = { key, reports };
      return reports;
    },
    [key],
    INTERVAL_MS,
  );
}
