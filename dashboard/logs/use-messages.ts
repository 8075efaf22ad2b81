import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import { parametersOf, type LogQuery } from './log-query.js';
import { readMessages, type ShownMessage } from './shown-message.js';

const PAGE_SIZE = 100;

export interface Messages {
  /** Newest first; undefined before the first page. */
  rows: ShownMessage[] | undefined;
  loading: boolean;
  error: Error | undefined;
  /** Whether there may be older messages. */
  more: boolean;
  /** Loads older messages, or repeats a failed request. */
  older: () => void;
  /** Starts again with the newest messages. */
  reload: () => void;
}

interface State {
  rows: ShownMessage[] | undefined;
  loading: boolean;
  error: Error | undefined;
  more: boolean;
}

const INITIAL: State = { rows: undefined, loading: true, error: undefined, more: true };

/** The messages of a log query, in pages. */
export function useMessages(logQuery: LogQuery): Messages {
  const [state, setState] = useState(INITIAL);
  const [generation, setGeneration] = useState(0);
  const load = useRef<() => void>(() => undefined);
  const { peerId, chain, msg, target, range, follow } = logQuery;

  useEffect(() => {
    if (peerId === '') return;
    const abort = new AbortController();
    // A range that ends now stays the same for all pages.
    const parameters = parametersOf(logQuery);
    let cursor: string | undefined;
    let busy = false;
    load.current = () => {
      if (busy) return;
      busy = true;
      setState((before) => ({ ...before, loading: true, error: undefined }));
      page(parameters, cursor, abort.signal)
        .then((rows) => {
          if (abort.signal.aborted) return;
          cursor = rows.at(-1)?.cursor ?? cursor;
          const more = rows.length === PAGE_SIZE;
          setState((before) => ({
            rows: [...(before.rows ?? []), ...rows],
            loading: false,
            error: undefined,
            more,
          }));
        })
        .catch((error: unknown) => {
          if (abort.signal.aborted) return;
          setState((before) => ({ ...before, loading: false, error: error as Error }));
        })
        .finally(() => (busy = false));
    };
    setState(INITIAL);
    load.current();
    return () => abort.abort();
  }, [peerId, chain, msg, target, JSON.stringify(range), follow, generation]);

  const older = useCallback(() => load.current(), []);
  const reload = useCallback(() => setGeneration((count) => count + 1), []);
  return { ...state, older, reload };
}

async function page(
  parameters: ReturnType<typeof parametersOf>,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ShownMessage[]> {
  const query = { ...parameters, limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
  // As text, because JSON.parse rounds 64-bit integers.
  const text = await responseData(api.GET('/nodes/logs', { params: { query }, parseAs: 'text', signal }));
  return readMessages(text);
}
