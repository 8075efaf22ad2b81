import { useEffect } from 'preact/hooks';
import { type Answer, answerOf, api } from '../shared/api.js';
import { type Loaded, useLoaded } from '../shared/loaded.js';
import { nodeParametersOf, type Question } from './question.js';

/** While a node is followed, types that it had not sent before are looked for. */
const AGAIN_MS = 30_000;

/** The types of messages that a node has sent in the time that is asked for, the most frequent first. */
export function useTypes(question: Question): Loaded<Answer<'MessageCount'>[]> {
  const { peerId, chain, range, follow } = question;
  const [types, reload] = useLoaded(
    peerId === ''
      ? undefined
      : (signal) =>
          answerOf(api.GET('/nodes/log_stats', { params: { query: nodeParametersOf(question) }, signal })),
    [peerId, chain, JSON.stringify(range)],
  );
  useEffect(() => {
    if (!follow) return;
    const timer = setInterval(reload, AGAIN_MS);
    return () => clearInterval(timer);
  }, [follow, reload]);
  return types;
}
