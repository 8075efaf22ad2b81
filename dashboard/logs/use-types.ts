import { useEffect } from 'preact/hooks';
import { type ApiSchema, responseData, api } from '../shared/api.js';
import { type Loaded, useLoaded } from '../shared/loaded.js';
import { nodeParametersOf, type LogQuery } from './log-query.js';

/** A followed node may send new types. */
const POLL_INTERVAL_MS = 30_000;

/** Message types of a node in the time range, the most frequent first. */
export function useTypes(logQuery: LogQuery): Loaded<ApiSchema<'MessageCount'>[]> {
  const { peerId, chain, range, follow } = logQuery;
  const [types, reload] = useLoaded(
    peerId === ''
      ? undefined
      : (signal) =>
          responseData(
            api.GET('/nodes/log_stats', { params: { query: nodeParametersOf(logQuery) }, signal }),
          ),
    [peerId, chain, JSON.stringify(range)],
  );
  useEffect(() => {
    if (!follow) return;
    const timer = setInterval(reload, POLL_INTERVAL_MS);
    return () => clearInterval(timer);
  }, [follow, reload]);
  return types;
}
