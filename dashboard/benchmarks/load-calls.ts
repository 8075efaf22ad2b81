import { CallTimes } from '../profiling/call-times.js';
import { readCall } from '../profiling/read-call.js';
import { linkTo } from '../shared/url-state.js';
import { readLines } from './read-lines.js';
import type { TimeRange } from './run-times.js';

/** Limits the memory and rendering time of the page. */
export const MAX_CALLS = 100_000;

export interface LoadedCalls {
  calls: CallTimes;
  count: number;
  /** There are more than {@link MAX_CALLS} calls; only the first are loaded. */
  isTruncated: boolean;
}

/** Loads the calls of a node in time ranges, oldest first. */
export async function loadCalls(
  { peerId, target, timeRanges }: { peerId: string; target: string; timeRanges: readonly TimeRange[] },
  signal: AbortSignal,
  onCount: (count: number) => void,
): Promise<LoadedCalls> {
  const calls = new CallTimes(MAX_CALLS);
  for (const { start, end } of timeRanges) {
    const url = linkTo('/nodes/logs', {
      peer_id: peerId,
      msg: 'tracing.profiling',
      target,
      // The bounds of the API are exclusive; those of a TimeRange are inclusive.
      start_time: new Date(Date.parse(start) - 1).toISOString(),
      end_time: new Date(Date.parse(end) + 2).toISOString(),
      order: 'asc',
      format: 'ndjson',
      limit: (MAX_CALLS + 1).toString(),
    });
    for await (const messages of readLines(url, signal)) {
      for (const { created_at, logs } of messages as unknown as { created_at: string; logs: object }[]) {
        if (created_at < start || created_at > end) continue;
        const call = readCall(created_at, logs as Record<string, unknown>);
        if (call === undefined) continue;
        if (calls.size === MAX_CALLS) return { calls, count: calls.size, isTruncated: true };
        calls.add(call, false);
      }
      onCount(calls.size);
    }
  }
  return { calls, count: calls.size, isTruncated: false };
}
