import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { responseData, api } from '../shared/api.js';
import { parametersOf, type LogQuery } from './log-query.js';
import { readMessages, type ShownMessage } from './shown-message.js';

const PAGE = 100;

export interface Messages {
  /** Newest first; undefined while nothing has come. */
  rows: ShownMessage[] | undefined;
  loading: boolean;
  error: Error | undefined;
  /** Whether there may be older ones. */
  more: boolean;
  /** Asks for older ones; after an error once more for the same. */
  older: () => void;
  /** Begins again with the newest. */
  reload: () => void;
}

interface State {
  rows: ShownMessage[] | undefined;
  loading: boolean;
  error: Error | undefined;
  more: boolean;
}

const NOTHING: State = { rows: undefined, loading: true, error: undefined, more: true };

/** The messages of a log query, in pages. */
export function useMessages(logQuery: LogQuery): Messages {
  const [state, setState] = useState(NOTHING);
  const [generation, setGeneration] = useState(0);
  const load = useRef<() => void>(() => undefined);
  const { peerId, chain, msg, target, range, follow } = logQuery;

  useEffect(() => {
    if (peerId === '') return;
    const abort = new AbortController();
    // A span up to now is to stay the same from page to page.
    const asked = parametersOf(logQuery);
    let cursor: string | undefined;
    let busy = false;
    load.current = () => {
      if (busy) return;
      busy = true;
      setState((before) => ({ ...before, loading: true, error: undefined }));
      page(asked, cursor, abort.signal)
        .then((rows) => {
          if (abort.signal.aborted) return;
          cursor = rows.at(-1)?.cursor ?? cursor;
          const more = rows.length === PAGE;
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
    setState(NOTHING);
    load.current();
    return () => abort.abort();
  }, [peerId, chain, msg, target, JSON.stringify(range), follow, generation]);

  const older = useCallback(() => load.current(), []);
  const reload = useCallback(() => setGeneration((count) => count + 1), []);
  return { ...state, older, reload };
}

async function page(
  asked: ReturnType<typeof parametersOf>,
  cursor: string | undefined,
  signal: AbortSignal,
): Promise<ShownMessage[]> {
  const query = { ...asked, limit: PAGE, ...(cursor !== undefined && { cursor }) };
  // As text, since JSON.parse would round numbers of 64 bits.
  const text = await responseData(api.GET('/nodes/logs', { params: { query }, parseAs: 'text', signal }));
  return readMessages(text);
}
