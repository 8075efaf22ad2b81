import { useEffect } from 'preact/hooks';
import { type Answer, answerOf, api } from '../shared/api.js';
import { type Loaded, useLoaded } from '../shared/loaded.js';
import { type Question, timesOf } from './question.js';

/** While a node is followed, types that it had not sent before are looked for. */
const AGAIN_MS = 30_000;

/** The types of messages that a node has sent in the time that is asked for, the most frequent first. */
export function useTypes({ peerId, range, follow }: Question): Loaded<Answer<'MessageCount'>[]> {
  const [types, reload] = useLoaded(
    peerId === ''
      ? undefined
      : (signal) =>
          answerOf(api.GET('/nodes/log_stats', { params: { query: timesOf(peerId, range) }, signal })),
    [peerId, JSON.stringify(range)],
  );
  useEffect(() => {
    if (!follow) return;
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [follow, reload]);
  return types;
}
