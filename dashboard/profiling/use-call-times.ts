import { useEffect, useState } from 'preact/hooks';
import type { FeedClient } from '../shared/feed.js';
import { CallTimes } from './call-times.js';
import { type Choice, feedRequestOf } from './choice.js';
import { readCall } from './read-call.js';

/** Limits the memory and rendering time of the page. */
const MAX_ROWS = 100_000;
/** New calls are rendered together. */
const RENDER_INTERVAL_MS = 1000;

export interface LiveCalls {
  calls: CallTimes;
  /** The visible range: seconds since the epoch. A new object for each render. */
  range: { start: number; end: number };
  /** Error message of the server; '' for none. */
  error: string;
}

/** Live call durations of a node. While paused, new calls are stored but not shown. */
export function useCallTimes(feed: FeedClient, choice: Choice, paused: boolean): LiveCalls {
  const { peerId, aggregate, intervalS, minutes } = choice;
  const [calls, setCalls] = useState(() => new CallTimes(MAX_ROWS));
  const [range, setRange] = useState(() => rangeOf(minutes));
  const [error, setError] = useState('');

  useEffect(() => {
    const fresh = new CallTimes(MAX_ROWS);
    setCalls(fresh);
    setRange(rangeOf(minutes));
    setError('');
    const endErrors = feed.onError(setError);
    const end = feed.subscribe(feedRequestOf(choice, Date.now()), (rows) => {
      for (const row of rows) {
        const call = readCall(row.created_at, row);
        if (call !== undefined) fresh.add(call, aggregate !== 'raw');
      }
    });
    return () => {
      end();
      endErrors();
    };
  }, [feed, peerId, aggregate, aggregate === 'raw' ? 0 : intervalS, minutes]);

  useEffect(() => {
    if (paused) return;
    const show = (): void => {
      if (document.hidden) return;
      const shown = rangeOf(minutes);
      calls.dropBefore(shown.start);
      setRange(shown);
    };
    show();
    const timer = setInterval(show, RENDER_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [calls, minutes, paused]);

  return { calls, range, error };
}

function rangeOf(minutes: number): LiveCalls['range'] {
  const end = Date.now() / 1000;
  return { start: end - minutes * 60, end };
}
