import { CallTimes } from '../profiling/call-times.js';
import { readCall } from '../profiling/read-call.js';
import { linkTo } from '../shared/url-state.js';
import { readLines } from './read-lines.js';
import type { Stretch } from './run-times.js';

/** More would stop the page. */
export const MAX_CALLS = 100_000;

export interface LoadedCalls {
  calls: CallTimes;
  count: number;
  /** There are more than {@link MAX_CALLS}: the first of them are here. */
  cut: boolean;
}

/** Each call of a node in some timeRanges of time, oldest first. */
export async function loadCalls(
  { peerId, target, timeRanges }: { peerId: string; target: string; timeRanges: readonly Stretch[] },
  signal: AbortSignal,
  onCount: (count: number) => void,
): Promise<LoadedCalls> {
  const calls = new CallTimes(MAX_CALLS);
  for (const { start, end } of timeRanges) {
    const url = linkTo('/nodes/logs', {
      peer_id: peerId,
      msg: 'tracing.profiling',
      target,
      // Bounds are exclusive there, and inclusive here.
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
        if (calls.size === MAX_CALLS) return { calls, count: calls.size, cut: true };
        calls.add(call, false);
      }
      onCount(calls.size);
    }
  }
  return { calls, count: calls.size, cut: false };
}
