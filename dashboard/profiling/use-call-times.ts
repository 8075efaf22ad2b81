import { useEffect, useState } from 'preact/hooks';
import type { FeedClient } from '../shared/feed.js';
import { CallTimes } from './call-times.js';
import { type Choice, feedRequestOf } from './choice.js';
import { readCall } from './read-call.js';

/** Each call of a busy node for a while; more would stop the page. */
const MAX_ROWS = 100_000;
/** What comes is shown together. */
const TOGETHER_MS = 1000;

export interface LiveCalls {
  calls: CallTimes;
  /** What is shown: seconds since the epoch. A new one whenever something is to be drawn. */
  range: { start: number; end: number };
  /** What the server objected to; '' where it did not. */
  objection: string;
}

/** The times of the calls of a node, as they come. While paused, they are taken in and not shown. */
export function useCallTimes(feed: FeedClient, choice: Choice, paused: boolean): LiveCalls {
  const { peerId, aggregate, intervalS, minutes } = choice;
  const [calls, setCalls] = useState(() => new CallTimes(MAX_ROWS));
  const [range, setRange] = useState(() => rangeOf(minutes));
  const [objection, setObjection] = useState('');

  useEffect(() => {
    const fresh = new CallTimes(MAX_ROWS);
    setCalls(fresh);
    setRange(rangeOf(minutes));
    setObjection('');
    const endErrors = feed.onError(setObjection);
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
    const timer = setInterval(show, TOGETHER_MS);
    return () => clearInterval(timer);
  }, [calls, minutes, paused]);

  return { calls, range, objection };
}

function rangeOf(minutes: number): LiveCalls['range'] {
  const end = Date.now() / 1000;
  return { start: end - minutes * 60, end };
}
