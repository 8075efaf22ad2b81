import { useEffect, useRef } from 'preact/hooks';
import { api, responseData } from '../shared/api.js';
import { type Loaded, useLoaded } from '../shared/loaded.js';
import { boundsOf, type TimeRange } from '../shared/time-range.js';
import { mergeReports, type Report } from './reports.js';

/**
 * Polls the server while the page is visible.
 *
 * @param load called again when `inputs` change
 * @returns the data, which is not "loading" during polls, and a function that reloads it
 */
export function usePolled<T>(
  load: (signal: AbortSignal) => Promise<T>,
  inputs: readonly unknown[],
  intervalMs: number,
): [Loaded<T>, () => void] {
  const [loaded, reload] = useLoaded(load, inputs);
  const { state } = loaded;
  useEffect(() => {
    // The interval starts after a response, so that requests to a slow server do not overlap.
    if (state === 'loading') return;
    const timer = setInterval(() => {
      if (!document.hidden) reload();
    }, intervalMs);
    return () => clearInterval(timer);
  }, [state, reload, intervalMs]);
  const polled: Loaded<T> =
    loaded.state === 'loading' && loaded.value !== undefined
      ? { state: 'done', value: loaded.value }
      : loaded;
  return [polled, reload];
}

/** The maximum page size of the server. */
export const MAX_REPORTS = 10_000;
const INTERVAL_MS = 15_000;
/** Overlap of polls, because reports may arrive out of order. */
const OVERLAP_MS = 60_000;

/**
 * Reports about a peer, newest first. Polls request new reports only, because searching network states of a long time is
 * expensive.
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
      const reports = mergeReports(before, added, new Date(start).toISOString());
      known.current = { key, reports };
      return reports;
    },
    [key],
    INTERVAL_MS,
  );
}
